"""The ZIP archive behind an exported `.tflite`: what a reader of the file must know to use it rightly."""

import hashlib
import io
import json
import math
import zipfile
from pathlib import Path

from stressid_keras.errors import ExportError

FORMAT = 1  # of model.json; raised when a reader of an older one would misread it
IDENTIFIER = b"TFL3"  # at byte 4 of every TFLite file
EXPECTED = "expected a file written by recipes/export_tflite.py"


def read_description(path: Path) -> dict:
    """`model.json` of an exported student.

    Where it has `flatbuffer_sha256`, the model before the archive must have that hash: a changed weight is not
    found by the interpreter, which would return other numbers without a word.

    Raises:
        ExportError: the file cannot be read, is no TFLite file, is truncated or damaged, or has no archive, or one
            that lacks what a runner needs.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refusal(path, error.strerror or error) from None
    _check_identifier(path, content)
    texts, flatbuffer = _archived(path, content)
    try:
        description = json.loads(texts["model.json"])
    except ValueError:
        raise _refusal(path, "the model.json inside it is not JSON") from None
    _check_description(path, description, texts.get("labels.txt"))
    expected = description.get("flatbuffer_sha256")
    if expected is not None and hashlib.sha256(flatbuffer).hexdigest() != expected:
        raise _refusal(path, "its model is damaged: it does not have the hash that its model.json names")
    return description


def _check_identifier(path: Path, content: bytes) -> None:
    if not content:
        raise _refusal(path, "it is empty (0 bytes)")
    if content[:2] == b"PK":
        raise _refusal(path, "it is a ZIP file, such as a .keras model is")
    if content[4:8] != IDENTIFIER:
        raise _refusal(path, "it is not a TFLite model")


def _archived(path: Path, content: bytes) -> tuple[dict[str, str], bytes]:
    """The texts in the archive by name, and the bytes before it."""
    missing = "it is truncated, or has no model.json that names its classes and window"
    if b"PK\x05\x06" not in content:
        raise _refusal(path, missing)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            texts = {entry.filename: archive.read(entry).decode() for entry in entries}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refusal(path, f"the archive at its end is damaged: {error}") from None
    if "model.json" not in texts:
        raise _refusal(path, missing)
    return texts, content[: min(entry.header_offset for entry in entries)]


def _check_description(path: Path, description, labels: str | None) -> None:
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        raise _refusal(path, f"its model.json has format {found!r}, this package reads format {FORMAT}")
    for key, is_usable in _USABLE.items():
        if not is_usable(description.get(key)):
            raise _refusal(path, f"its model.json has no usable {key}: {description.get(key)!r}")
    if labels is not None and labels.splitlines() != description["class_names"]:
        raise _refusal(path, "its labels.txt and its model.json name other classes")


def _refusal(path: Path, found) -> ExportError:
    return ExportError(f"{path} is no exported student ({found}); {EXPECTED}.")


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_positive(value) -> bool:
    return _is_number(value) and 0 < value < math.inf


def _is_count(value) -> bool:
    return isinstance(value, int) and _is_positive(value)


def _are_names(value) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(name, str) for name in value)


def _is_front_end(value) -> bool:
    if not isinstance(value, dict):
        return False
    counts = all(_is_count(value.get(name)) for name in ("n_fft", "hop_length", "n_mels"))
    return counts and _is_positive(value.get("top_db"))


_USABLE = {
    "front_end": _is_front_end,
    "class_names": _are_names,
    "sample_rate": _is_count,
    "window_samples": _is_count,
    "hop_seconds": _is_positive,
}
