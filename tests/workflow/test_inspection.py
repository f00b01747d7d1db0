"""What a speech student listens to, from its training to the report."""

import dataclasses
import html
import re

import numpy as np
import pytest

from stressid_keras.config import CORRUPTIONS, DatasetConfig, RobustnessConfig, StudentConfig, TrainingConfig
from stressid_keras.store.sealed_arrays import read_arrays
from stressid_keras.workflow import Run


@pytest.fixture(scope="module")
def finished(tiny_tree, tiny_config, tmp_path_factory):
    """The folder of an evaluated run whose students hear the speech encoder."""
    once = TrainingConfig(epochs=1, run_eagerly=True)
    config = dataclasses.replace(
        tiny_config,
        dataset=DatasetConfig(teacher_modalities=("eda",)),
        student=StudentConfig(backbone="speech", feature_size=8),
        teacher_training=once,
        student_training=once,
        robustness=RobustnessConfig().with_levels({name: () for name in CORRUPTIONS if name != "gain_down"}),
    )
    folder = tmp_path_factory.mktemp("speech")
    Run(tiny_tree, folder / "prepared", folder / "run", config).evaluate(thorough=True)
    return folder / "run"


def test_its_pictures_and_their_axes_are_kept(finished):
    found = read_arrays(finished / "inspection.npz")
    assert {str(found[f"ear_{model}"]) for model in ("student", "student_ce")} == {"speech"}
    np.testing.assert_array_equal(found["axes_speech"], [16_000, 160, 40])
    for position in found["shown"]:
        picture = found[f"picture_speech_{position}"]
        assert picture.shape == (401, 40)  # 4 s
        assert picture.max() == 255


def test_the_report_draws_its_bands_and_seconds(finished):
    page = html.unescape((finished / "report.html").read_text(encoding="utf-8"))
    labels = re.findall(r'aria-label="([^"]*patch of the mel spectrogram[^"]*)"', page)
    assert len(labels) == 6
    ends = [float(end) for label in labels for end in re.findall(r"to ([\d.]+) s,", label)]
    assert len(ends) == 12
    assert max(ends) <= 4.1
