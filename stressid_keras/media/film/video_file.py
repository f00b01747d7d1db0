"""Opening a film: what may be opened, which of its streams is the film, and what happens to FFmpeg's errors."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import av
from av.stream import Disposition

from stressid_keras.config import MAX_FRAME_PIXELS
from stressid_keras.errors import RecordingError, StressIDError, shown
from stressid_keras.media.containers import check_not_truncated
from stressid_keras.media.ffmpeg import DECODING, open_container
from stressid_keras.media.mp4_claims import check_claims

logger = logging.getLogger(__name__)

PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image  # not the film


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[tuple]:
    """The container and the stream of its film: not a cover or a thumbnail, and the default one if it has several.

    Raises:
        RecordingError: no film that can be read, here or later within the context, where whatever FFmpeg and PyAV
            raise becomes one.
        OSError: the file cannot be read.
    """
    path = Path(path)
    check_not_truncated(path)
    check_claims(path)
    try:
        with open_container(path) as container:
            yield container, _film(container, path.name)
    except StressIDError:
        raise
    except av.error.FFmpegError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    except Exception as error:  # PyAV's own, of what no whole file holds; the log has the traceback
        logger.warning("%s", path.name, exc_info=True)
        raise _unreadable(path, shown(error)) from None


def _film(container, name: str):
    if not container.streams.video:
        raise RecordingError(f"{name} has no video stream; expected a video.")
    films = [stream for stream in container.streams.video if not stream.disposition & PICTURE]
    if not films:
        raise RecordingError(f"{name} holds a still picture and no film; expected a video.")
    films = [stream for stream in films if stream.frames != 1] or films
    film = next((stream for stream in films if stream.disposition & Disposition.default), films[0])
    if film.codec_context is None:
        raise RecordingError(
            f"{name} is coded in a way that FFmpeg cannot decode here: re-encode it as H.264."
        )
    width, height = film.codec_context.width, film.codec_context.height
    if width * height > MAX_FRAME_PIXELS:
        raise RecordingError(
            f"{name} claims frames of {width} × {height} pixels; expected at most {MAX_FRAME_PIXELS:,} pixels."
        )
    film.codec_context.options = dict(DECODING)
    return film


def _unreadable(path: Path, why: str) -> RecordingError:
    return RecordingError(f"{path.name} cannot be read as a video ({why}); expected an MP4.")
