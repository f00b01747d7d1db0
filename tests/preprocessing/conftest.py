"""Real files for the tests of preprocessing: a synthetic tree, sounds and videos."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.index import index_dataset
from stressid_keras.dataset.synthetic.tree import SyntheticConfig, make_synthetic_tree
from stressid_keras.preprocessing import work


@pytest.fixture(scope="session")
def pristine_tree(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("pristine") / "tree"
    make_synthetic_tree(root, SyntheticConfig(subjects=2, tasks=2, seconds=2.0, seed=0))
    return root


@pytest.fixture
def tree(pristine_tree, tmp_path) -> Path:
    """A tree of four recordings that a test may change."""
    return Path(shutil.copytree(pristine_tree, tmp_path / "tree"))


@pytest.fixture
def made(monkeypatch):
    """The units that were made, as (recording, modality)."""
    units, make_unit = [], work.make_unit

    def counting(recording, modality, *rest):
        units.append((recording.name, modality))
        return make_unit(recording, modality, *rest)

    monkeypatch.setattr(work, "make_unit", counting)
    return units


@pytest.fixture
def index(tree):
    return index_dataset(tree, DatasetConfig())


@pytest.fixture(scope="session")
def content():
    """content(folder) → every file of a store with its bytes; hidden files are caches and locks."""

    def content(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    return content


@pytest.fixture(scope="session")
def write_video():
    """write_video(path, times=..., ...) → path of an H.264 file whose frames all differ.

    The same every time: encoded once, for what x264 writes depends on what memory held before.
    """
    written = {}

    def write(path: Path, times=None, **options) -> Path:
        key = None if times is None else tuple(times), *sorted(options.items())
        if key not in written:
            encode(path, times, **options)
            written[key] = path.read_bytes()
        path.write_bytes(written[key])
        return path

    def encode(path: Path, times=None, count=40, fps=15, height=48, width=64, gop=12) -> None:
        pts = np.arange(count) * 1000 // fps if times is None else np.asarray(times)  # milliseconds
        rng = np.random.default_rng(0)
        background = rng.integers(0, 200, (height, width, 3), dtype=np.uint8)
        options = {"g": str(gop), "bf": "2", "preset": "veryfast"}
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=1000, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number, time in enumerate(pts):
                image = np.roll(background, 3 * number, axis=1)
                image[:, : 1 + number % width] = 255 - image[:, : 1 + number % width]
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = int(time)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())

    return write
