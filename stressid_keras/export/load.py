"""Reading a student's `.keras` file."""

import hashlib
from pathlib import Path

import keras

from stressid_keras.errors import ExportError
from stressid_keras.media.speech.settings import SPEECH, STATISTICS
from stressid_keras.training.keras_file import load_network

INPUTS = {"audio": {"audio", "audio_size"}, SPEECH: {SPEECH}}  # of students, by the one that is heard


def load_student(path: Path, n_mels: int, n_classes: int) -> keras.Model:
    """A student from its file, on whatever backend it was trained.

    Args:
        n_mels: bands of the log-mel, where it hears one.
        n_classes: number of its logits.

    Raises:
        ExportError: as `load_network`, or the file is no student, or one of other bands, statistics or classes.
    """
    model = load_network(path)
    inputs, outputs = _named(model, "input"), _named(model, "output")
    heard = next((name for name, names in INPUTS.items() if names == set(inputs)), None)
    if heard is None or not {"logits", "feature"} <= set(outputs):
        raise ExportError(
            f"{path} is not a student: it takes {_listed(inputs)} and gives {_listed(outputs)}; expected a model that "
            "takes audio and audio_size, or speech, and gives logits and feature."
        )
    what, expected = ("statistics", STATISTICS) if heard == SPEECH else ("mel bands", n_mels)
    found = inputs[heard].shape[2 if heard == "audio" else 1], outputs["logits"].shape[-1]
    if found != (expected, n_classes):
        raise ExportError(
            f"{path} has {found[0]} {what} and {found[1]} classes; its run has {expected} and {n_classes}: "
            "expected the student of that run."
        )
    return model


def file_sha256(path: Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _named(model, side: str) -> dict:
    structure = getattr(model, side, None)
    return structure if isinstance(structure, dict) else {}


def _listed(names) -> str:
    return ", ".join(sorted(names)) or "unnamed tensors"
