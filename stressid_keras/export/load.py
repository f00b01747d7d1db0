"""Reading a student's `.keras` file."""

import hashlib
from pathlib import Path

import keras

from stressid_keras.errors import ExportError
from stressid_keras.training.keras_file import load_network


def load_student(path: Path, n_mels: int, n_classes: int) -> keras.Model:
    """A student from its file, on whatever backend it was trained.

    Args:
        n_mels: bands of the front end that goes before it.
        n_classes: number of its logits.

    Raises:
        ExportError: as `load_network`, or the file is no student, or one of other bands or classes.
    """
    model = load_network(path)
    inputs, outputs = _named(model, "input"), _named(model, "output")
    if not {"audio", "audio_size"} == set(inputs) or not {"logits", "feature"} <= set(outputs):
        raise ExportError(
            f"{path} is not a student: it takes {_listed(inputs)} and gives {_listed(outputs)}; expected a model that "
            "takes audio and audio_size and gives logits and feature."
        )
    found = inputs["audio"].shape[2], outputs["logits"].shape[-1]
    if found != (n_mels, n_classes):
        raise ExportError(
            f"{path} has {found[0]} mel bands and {found[1]} classes; its run has {n_mels} and {n_classes}: "
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
