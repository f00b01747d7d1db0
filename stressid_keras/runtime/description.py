"""`model.json` of an exported student: what it must say, and whether it is as the export wrote it."""

import hashlib
import unicodedata
from pathlib import Path

from stressid_keras.errors import StressIDError, shown
from stressid_keras.provenance import parse_json
from stressid_keras.runtime.archive import DESCRIPTION, LABELS, Exported, read_exported, refusal, seal_of
from stressid_keras.runtime.heard import front_end_of, is_count, is_front_end, is_positive
from stressid_keras.runtime.pcm import RATES

FORMAT = 1  # of model.json; raised when a reader of an older one would misread it
SEAL = "seal"  # of model.json: `archive.seal_of` its text; absent in files of before there was one
HASH = "flatbuffer_sha256"  # of model.json: of the bytes before the archive
LONGEST_WINDOW = 3600  # seconds
LONGEST_NAME = 200  # characters of a class name
MOST_CLASSES = 1000
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's controls, lone surrogates and separators of lines


def read_student(path: Path) -> tuple[dict, bytes]:
    """`model.json` of an exported student, and the bytes of its model.

    Where it has `flatbuffer_sha256`, the model must have that hash: a changed weight is not found by the interpreter,
    which would return other numbers without a word. Where it has `seal`, its own text must have that one.

    Raises:
        ExportError: as `read_exported`; or what `model.json` says is no JSON, was changed after the export, lacks what
            a runner needs, is beyond its range, or is denied by `labels.txt` or by itself.
    """
    path = Path(path)
    exported = read_exported(path)
    description = _parsed(path, exported)
    _check_values(path, description)
    _check_seal(path, description, exported.texts[DESCRIPTION])
    if LABELS in exported.texts:
        _check_labels(path, description["class_names"], exported.texts[LABELS])
    expected = description.get(HASH)
    if expected is not None and hashlib.sha256(exported.flatbuffer).hexdigest() != expected:
        raise refusal(path, f"its model is damaged: it does not have the hash that its {DESCRIPTION} names")
    return description, exported.flatbuffer


def _parsed(path: Path, exported: Exported) -> dict:
    try:
        description = parse_json(exported.texts[DESCRIPTION])
    except ValueError:
        raise refusal(path, f"the {DESCRIPTION} inside it is not JSON") from None
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT or isinstance(found, bool):
        raise refusal(
            path, f"its {DESCRIPTION} has format {shown(found)}, this package reads format {FORMAT}"
        )
    return description


def _check_values(path: Path, description: dict) -> None:
    for key, is_usable in _USABLE.items():
        if not is_usable(description.get(key)):
            raise refusal(path, f"its {DESCRIPTION} has no usable {key}: {shown(description.get(key))}")
    try:
        front_end_of(description)
    except StressIDError as error:
        raise refusal(path, f"its {DESCRIPTION} has no usable front_end: {error}") from None
    rate, samples, hop = (description[key] for key in ("sample_rate", "window_samples", "hop_seconds"))
    if samples > LONGEST_WINDOW * rate:
        raise refusal(path, f"its {DESCRIPTION} has a window of {samples / rate:.3g} s")
    if not 1 <= round(hop * rate) <= samples:
        raise refusal(path, f"its {DESCRIPTION} has no usable hop_seconds: {hop} for {samples / rate:.3g} s")


def _check_seal(path: Path, description: dict, text: bytes) -> None:
    if SEAL not in description:
        return
    seal = description[SEAL]
    if not _is_hash(seal) or seal_of(text, seal) != seal:
        raise refusal(path, f"its {DESCRIPTION} was changed after the export: it does not have its own seal")


def _check_labels(path: Path, class_names: list[str], labels: bytes) -> None:
    try:
        text = labels.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusal(path, f"its {LABELS} is not UTF-8") from None
    if text.replace("\r\n", "\n").removesuffix("\n").split("\n") != class_names:
        raise refusal(path, f"its {LABELS} and its {DESCRIPTION} name other classes")


def _is_rate(value) -> bool:
    return is_count(value) and RATES[0] <= value <= RATES[1]


def _is_hash(value) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_name(value) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.strip():
        return False
    return not any(unicodedata.category(letter) in UNPRINTABLE for letter in value)


def _are_names(value) -> bool:
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_CLASSES:
        return False
    return all(map(_is_name, value)) and len(set(value)) == len(value)


_USABLE = {
    "front_end": is_front_end,
    "class_names": _are_names,
    "sample_rate": _is_rate,
    "window_samples": is_count,
    "hop_seconds": is_positive,
    HASH: lambda value: value is None or _is_hash(value),
}
