"""Real files for the tests of preprocessing: a synthetic tree, sounds and videos."""

from pathlib import Path

import pytest

from stressid_keras.preprocessing import work

from ..small_films import write_video  # noqa: F401  a fixture
from ..small_tree import index, pristine_tree, tree  # noqa: F401  fixtures


@pytest.fixture
def made(monkeypatch):
    """The units that were made, as (recording, modality)."""
    units, make_unit = [], work.make_unit

    def counting(recording, modality, *rest):
        units.append((recording.name, modality))
        return make_unit(recording, modality, *rest)

    monkeypatch.setattr(work, "make_unit", counting)
    return units


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
