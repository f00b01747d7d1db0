"""What an exported file says about itself: a ZIP archive behind the flatbuffer, readable without this package."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from stressid_keras.config import AudioConfig
from stressid_keras.runtime.archive import DESCRIPTION, LABELS, seal_of
from stressid_keras.runtime.description import FORMAT, HASH, SEAL
from stressid_keras.runtime.heard import FrontEnd, SpeechFrontEnd, front_end_entry

NORMALISATION = (
    "Waveform in [-1, 1], mono, as recorded: no gain is applied and no offset taken off, for the model takes the mean "
    "off itself, and {}; a window beyond full scale is divided "
    "by its peak, and zeros fill up a shorter recording at its end."
)
LOUDNESS = {
    AudioConfig: "its log-mel is relative to the window's loudest point",
    SpeechFrontEnd: "raises quiet speech to a level",
}
SUFFIXES = {"float32": "", "fp16": "_fp16", "int8": "_int8", "mediapipe": "_mediapipe"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # ZIP's earliest: the same export gives the same bytes


def describe(
    *,
    name: str,
    variant: str,
    class_names: Sequence[str],
    front_end: FrontEnd,
    window_samples: int,
    outputs: dict[str, list[int]],
    **facts,
) -> dict:
    """The content of `model.json`.

    Args:
        name: of the student.
        variant: one of `config.EXPORT_VARIANTS`.
        class_names: in the order of the probabilities.
        front_end: what the student hears.
        window_samples: length of the window.
        outputs: shape by name.
        facts: what else is said, such as `model_card`, `training_data`, `licence`, `versions`, `seed`, `student`.
    """
    seconds = window_samples / front_end.sample_rate
    return {
        "format": FORMAT,
        "name": name,
        "variant": variant,
        "class_names": list(class_names),
        "sample_rate": front_end.sample_rate,
        "window_samples": window_samples,
        "window_seconds": seconds,
        "hop_seconds": hop_samples(window_samples) / front_end.sample_rate,
        "front_end": front_end_entry(front_end),
        "normalisation": NORMALISATION.format(LOUDNESS[type(front_end)]),
        "outputs": outputs,
        **facts,
    }


def file_name(student: str, variant: str) -> str:
    """Of a variant of a student, such as `student_fp16.tflite`."""
    return f"{student}{SUFFIXES[variant]}.tflite"


def hop_samples(window_samples: int) -> int:
    """From one deployment window to the next: half a window, so that every moment is near the middle of one."""
    return max(1, window_samples // 2)


def write_archive(path: Path, description: dict) -> None:
    """Append `labels.txt` and `model.json` to a `.tflite` file, stored: runtimes read the flatbuffer in front.

    Two hashes join the description, for a runtime would run a file with a changed weight, or at another rate, without
    a word: `flatbuffer_sha256`, of the model, and `seal`, of the description itself.
    """
    unsealed = "0" * 64
    values = {**description, HASH: hashlib.sha256(path.read_bytes()).hexdigest(), SEAL: unsealed}
    before, _, after = json.dumps(values, indent=1, ensure_ascii=False).encode().rpartition(unsealed.encode())
    seal = seal_of(before + unsealed.encode() + after, unsealed).encode()
    texts = {
        LABELS: "".join(f"{name}\n" for name in description["class_names"]),
        DESCRIPTION: before + seal + after,
    }
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text)
