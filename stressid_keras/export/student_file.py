"""Reading a student's `.keras` file."""

import hashlib
from pathlib import Path

import keras

from stressid_keras.errors import ExportError


def load_student(path: Path, n_mels: int, n_classes: int) -> keras.Model:
    """A student from its file, on whatever backend it was trained.

    Args:
        n_mels: bands of the front end that goes before it.
        n_classes: number of its logits.

    Raises:
        ExportError: the file is absent, no Keras model, no student, or one of other bands or classes.
    """
    import stressid_keras.layers  # noqa: F401  registers what the file needs

    if not Path(path).is_file():
        raise ExportError(f"{path} is missing; expected a student's .keras file.")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras, h5py or zipfile find wrong with it
        reason = str(error).strip().splitlines()
        raise ExportError(
            f"{path} cannot be loaded as a Keras model ({reason[0] if reason else type(error).__name__}); "
            "expected a student.keras."
        ) from None
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
