"""Whether the description inside an exported file and the model that it describes agree."""

import math
from pathlib import Path

from stressid_keras.errors import ExportError, shown
from stressid_keras.runtime.archive import refusal
from stressid_keras.runtime.front_end import check_front_end
from stressid_keras.runtime.heard import front_end_of
from stressid_keras.runtime.interpreter import WindowModel
from stressid_keras.runtime.mediapipe_metadata import metadata_rate


def check_agreement(description: dict, content: bytes, model: WindowModel, path: Path) -> None:
    """Refuse a file in which what both know differs: window, classes, outputs, and the front end with its rate.

    Args:
        description: `model.json`, as `read_student` gives it.
        content: of the model that it describes.
        model: of that content.
        path: of the file, for the error.

    Raises:
        ExportError: they do not agree.
    """
    described = (description["window_samples"], len(description["class_names"]))
    if described != (model.samples, model.n_classes):
        raise ExportError(
            f"{path} takes {model.samples} samples and has {model.n_classes} classes; expected {described[0]} "
            f"and {described[1]}, as the model.json inside it says: export it again."
        )
    outputs = description.get("outputs", model.output_shapes)
    if outputs != model.output_shapes:
        raise refusal(
            path, f"its model.json describes the outputs {shown(outputs)}, and it has {model.output_shapes}"
        )
    check_front_end(model.graph, front_end_of(description), model.samples, path)
    _check_metadata(content, description["sample_rate"], path)
    _check_said_twice(description, path)


def _check_said_twice(description: dict, path: Path) -> None:
    """The numbers that follow from others."""
    front_end, rate = description["front_end"], description["sample_rate"]
    numbers = {
        "window_seconds": (description.get("window_seconds"), description["window_samples"] / rate),
        "fmin": (front_end.get("fmin"), 0.0),
        "fmax": (front_end.get("fmax"), rate / 2),
    }
    for key, (said, expected) in numbers.items():
        if said is None:
            continue
        if not isinstance(said, int | float) or not math.isclose(said, expected, rel_tol=1e-6):
            raise refusal(path, f"its model.json says {key} {shown(said)}; its other numbers give {expected}")


def _check_metadata(content: bytes, rate: int, path: Path) -> None:
    """What MediaPipe reads, which is inside the model."""
    try:
        found = metadata_rate(content)
    except Exception as error:  # whatever offsets that lead anywhere bring about
        raise refusal(path, f"its metadata for MediaPipe are damaged: {error}") from None
    if found is not None and found != (rate, 1):
        raise refusal(
            path,
            f"its metadata for MediaPipe name {found[0]} Hz and {found[1]} channels, its model.json {rate} Hz and one",
        )
