"""A full disk is named, whoever writes to it."""

import numpy as np
import pandas as pd
import pytest

from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import atomic_path
from stressid_keras.workflow import Run
from stressid_keras.workflow.stage import Stage


def save_keras(folder):
    import keras

    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(1000)])
    with atomic_path(folder / "student.keras") as temporary:
        model.save(temporary)


def save_weights_in_place(folder):
    (folder / "weights").write_bytes(bytes(1 << 20))


def save_arrays(folder):
    with atomic_path(folder / "features.npz") as temporary, open(temporary, "wb") as file:
        np.savez(file, values=np.zeros(1 << 17))


def save_table(folder):
    with atomic_path(folder / "predictions.csv") as temporary:
        pd.DataFrame(np.zeros((1 << 13, 3))).to_csv(temporary)


def save_picture(folder):
    import matplotlib.figure

    figure = matplotlib.figure.Figure()
    figure.add_subplot().imshow(np.random.default_rng(0).random((400, 400)))
    with atomic_path(folder / "picture.png") as temporary:
        figure.savefig(temporary, dpi=200)


@pytest.mark.parametrize(
    ("save", "named"),
    [
        (save_keras, "run/student.keras"),
        (save_weights_in_place, "run"),
        (save_arrays, "run/features.npz"),
        (save_table, "run/predictions.csv"),
        (save_picture, "run/picture.png"),
    ],
)
def test_a_full_disk_is_named(small_disk, save, named):
    folder = small_disk(64) / "run"
    stage = Stage(folder, "stage", {}, ())
    with pytest.raises(OSError, match="No space left on device") as caught:
        stage.run(lambda: save(folder))
    assert str(caught.value.filename) == str(folder.parent / named)
    assert not stage.is_current()


def test_a_sample_for_which_there_is_no_room_is_named(small_disk):
    folder = small_disk(64)
    with pytest.raises(OSError, match="No space left on device") as caught:
        make_synthetic_tree(folder / "sample", SyntheticConfig(subjects=2, tasks=2, seconds=2.0))
    assert caught.value.filename == str(folder / "sample")
    assert not list(folder.iterdir())


@pytest.mark.parametrize("place", [".", "Audio", "Videos/2ea4", "Physiological"])
def test_nothing_is_written_among_the_recordings(tiny_tree, tmp_path, place):
    folder = tiny_tree / place
    with pytest.raises(StressIDError, match="expected another folder for the prepared windows"):
        Run(tiny_tree, folder, tmp_path)
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(StressIDError, match="expected another folder for the results"):
        Run(tiny_tree, tmp_path, link)
    Run(tiny_tree, tiny_tree / "prepared", tiny_tree / "results")  # beside them: as you like
