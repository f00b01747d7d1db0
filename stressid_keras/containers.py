"""Whether a media file holds all the bytes that its own headers promise.

libsndfile and FFmpeg read a file that was cut short without a word and return what is left of it.
"""

from pathlib import Path

from stressid_keras.errors import RecordingError

STREAMED = 0x7FFFF000  # data sizes from here on are what encoders write when they cannot know the length


def check_not_truncated(path: Path) -> None:
    """Refuse a WAV or MP4 file that is shorter than its headers say; other formats pass.

    Raises:
        RecordingError: the file is empty, or its audio or a top-level box ends after the file does.
        OSError: the file cannot be read.
    """
    path = Path(path)
    total = path.stat().st_size
    if total == 0:
        raise RecordingError(f"{path.name} is empty (0 bytes); expected a recording.")
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            start, promised = _wav_data(file, total)
            found = total - start
        elif head[4:8] == b"ftyp":
            promised, found = _mp4_boxes(file, total)
        else:
            return
    if promised > found:
        raise RecordingError(
            f"{path.name} is truncated: its header promises {promised} bytes, {found} are there."
        )


def unfilled_wav_length(path: Path) -> int | None:
    """Where the four bytes of the data's length are, if they say 0 and data follow; else None."""
    total = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        start, promised = _wav_data(file, total)
        follows = file.read(4)  # another chunk, then the data are truly empty
    return start - 4 if promised == 0 and start < total and follows not in (b"LIST", b"id3 ") else None


def _wav_data(file, total: int) -> tuple[int, int]:
    """Where the audio data start, and how many bytes are promised; leaves the file there.

    Source: RIFF/WAVE, chunks of id, size, padded content.
    """
    position = 12
    while position + 8 <= total:
        file.seek(position)
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
        if name == b"data":
            return position + 8, 0 if size >= STREAMED else size
        position += 8 + size + size % 2
    return total, 0


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
