"""Whether a video file holds all the bytes that its own headers promise; `media.sound_parts` asks that of sound.

FFmpeg reads a file that was cut short without a word and returns what is left of it.
"""

from pathlib import Path

from stressid_keras.errors import RecordingError


def check_not_truncated(path: Path) -> None:
    """Refuse an MP4 file that is shorter than its headers say; other formats pass.

    Raises:
        RecordingError: the file is empty, or a top-level box ends after the file does.
        OSError: the file cannot be read.
    """
    path = Path(path)
    total = path.stat().st_size
    if total == 0:
        raise RecordingError(f"{path.name} is empty (0 bytes); expected a recording.")
    with open(path, "rb") as file:
        if file.read(8)[4:] != b"ftyp":
            return
        promised, found = _mp4_boxes(file, total)
    if promised > found:
        raise RecordingError(
            f"{path.name} is truncated: its header promises {promised} bytes, {found} are there."
        )


def _mp4_boxes(file, total: int) -> tuple[int, int]:
    """Bytes promised and found of the whole file. Source: ISO/IEC 14496-12, section 4.2."""
    position = 0
    while position + 8 <= total:
        file.seek(position)
        size, name = int.from_bytes(file.read(4), "big"), file.read(4)
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        if size == 0 or not name.isalnum():  # a last box without a length, or bytes after the last box
            return 0, 0
        position += size
    return position, total
