"""Sound files as libsndfile reads them, for preparation and for the exported student; damaged ones are refused."""

import io
from pathlib import Path

import numpy as np

from stressid_keras.containers import check_not_truncated, unfilled_wav_length
from stressid_keras.errors import RecordingError


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    """All samples of a sound file.

    Args:
        path: any file that libsndfile reads, of any rate, bit depth and number of channels.

    Returns:
        (n, channels) float32, full scale 1, n > 0, and the rate in Hz. Samples may be NaN or infinite if they are
        so in the file.

    Raises:
        RecordingError: empty, truncated, not audio, or without samples.
        OSError: the file cannot be read.
    """
    import soundfile

    path = Path(path)
    check_not_truncated(path)
    try:
        samples, rate = soundfile.read(_complete(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: a .raw file, which has no header
        raise _unreadable(path, error) from None
    if len(samples) == 0:
        raise RecordingError(f"{path.name} holds no samples; expected a recording.")
    return samples, rate


def audio_header(path: Path) -> tuple[float, int]:
    """Length in seconds and number of channels, from the header alone.

    Raises:
        RecordingError: empty, truncated, not audio, or without samples.
    """
    info = _info(path)
    if info.frames == 0:
        raise RecordingError(f"{Path(path).name} holds no samples; expected a recording.")
    return info.frames / info.samplerate, info.channels


def audio_format(path: Path) -> str:
    """What the content is, whatever the name says: libsndfile's "WAV", "MPEG", "FLAC", …

    Raises:
        RecordingError: empty, truncated, or not audio.
    """
    return _info(path).format


def _info(path: Path):
    import soundfile

    path = Path(path)
    check_not_truncated(path)
    try:
        return soundfile.info(_complete(path))
    except (soundfile.SoundFileError, TypeError) as error:
        raise _unreadable(path, error) from None


def _complete(path: Path) -> str | io.BytesIO:
    """The file, or its content with the length of the data filled in where an encoder left it zero."""
    place = unfilled_wav_length(path)
    if place is None:
        return str(path)
    content = bytearray(path.read_bytes())
    content[place : place + 4] = (len(content) - place - 4).to_bytes(4, "little")
    return io.BytesIO(content)


def _unreadable(path: Path, error) -> RecordingError:
    reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
    return RecordingError(f"{path.name} is not audio that can be read ({reason}); expected a WAV file.")
