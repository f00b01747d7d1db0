"""Whether an MP4, Matroska or WebM file holds all the bytes that its own headers promise.

FFmpeg reads a file that was cut short without a word and returns what is left of it. `media.sound.sound_parts` asks the
same of plain sound files.
"""

from pathlib import Path

from stressid_keras.errors import RecordingError
from stressid_keras.media.matroska import HEADER, promised_bytes


def check_not_truncated(path: Path) -> None:
    """Refuse an MP4, Matroska or WebM file that is shorter than its headers say; other formats pass.

    Raises:
        RecordingError: the file is empty, or a box or an element ends after the file does.
        OSError: the file cannot be read.
    """
    path = Path(path)
    total = path.stat().st_size
    if total == 0:
        raise RecordingError(f"{path.name} is empty (0 bytes); expected a recording.")
    with open(path, "rb") as file:
        head = file.read(8)
        if head[:4] == HEADER:
            promised = promised_bytes(file, total)
        elif head[4:] == b"ftyp":
            promised = _end_of_boxes(file, total)
        else:
            return
    if promised > total:
        raise RecordingError(
            f"{path.name} is truncated: its header promises {promised} bytes, {total} are there."
        )


def _end_of_boxes(file, total: int) -> int:
    """Where the last box of an MP4 ends by its own size. Source: ISO/IEC 14496-12, section 4.2."""
    position = 0
    while position + 8 <= total:
        file.seek(position)
        size, name = int.from_bytes(file.read(4), "big"), file.read(4)
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        if size == 0 or not name.isalnum():  # a last box without a length, or bytes after the last box
            return 0
        position += size
    return position
