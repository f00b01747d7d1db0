"""One export of a tiny run, and one of random weights, for all tests of them."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from stressid_keras.config import AudioConfig, ExportOptions, StudentConfig, TrainingConfig
from stressid_keras.dataset.synthetic.voice import voice
from stressid_keras.workflow import Run

AUDIO = AudioConfig()
SAMPLES = 32_000  # of the window of the random student
STUDENT = StudentConfig(backbone="statistics", filters=(4, 6, 8), feature_size=12)


@pytest.fixture(scope="session")
def exported_run(tiny_tree, tiny_config, tmp_path_factory):
    """A trained run with all four files, of windows of 2 s where it was trained on 4 s.

    It trains for long enough to be sure of its classes: int8 has to agree on all but one in fifty.
    """
    folder = tmp_path_factory.mktemp("exported")
    config = dataclasses.replace(tiny_config, student_training=TrainingConfig(epochs=10, patience=10))
    run = Run(tiny_tree, folder / "prepared", folder / "run", config)
    files = run.export(ExportOptions(seconds=2.0))
    return SimpleNamespace(run=run, files=files, folder=folder, summary=run.summary("export"))


@pytest.fixture(scope="session")
def student():
    """Random weights, and statistics as after a training."""
    from stressid_keras.models import build_student

    keras.utils.set_random_seed(1)
    student = build_student(3, AUDIO.n_mels, STUDENT)
    generator = np.random.default_rng(0)
    for variable in student.variables:
        low = {"moving_variance": 0.1, "moving_mean": -0.3, "gamma": 0.5, "beta": -0.3}.get(variable.name)
        if low is not None:
            variable.assign(generator.uniform(low, 1.0, variable.shape))
    return student


@pytest.fixture(scope="session")
def flatbuffer(student):
    """The random student in float32, as an export makes it."""
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.export.folding import fold_normalisation
    from stressid_keras.models.backbones import student_blocks

    folded = fold_normalisation(student, student_blocks(STUDENT))
    return to_tflite(build_deployed_model(folded, AUDIO, SAMPLES))


@pytest.fixture(scope="session")
def speech():
    """speech(number, seconds) → synthetic speech (n,) float32 at 16 kHz, of another person for every number."""

    def speech(number=0, seconds=2.0):
        person, said = np.random.default_rng(number), np.random.default_rng(100 + number)
        return voice(number % 3, person, said, seconds, AUDIO.sample_rate).astype("float32")

    return speech
