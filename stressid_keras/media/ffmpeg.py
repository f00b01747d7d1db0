"""Opening a container with FFmpeg, through PyAV: what may be opened, and how.

PyAV is not part of a light install, which reads what libsndfile does; it is imported when it is needed.
"""

from pathlib import Path

from stressid_keras.config import MAX_FRAME_PIXELS

DECODING = {
    "max_pixels": str(MAX_FRAME_PIXELS)
}  # a frame's size may change midway, or be said in the stream alone
# Films and sound alone, and nothing that would open further files or addresses, as playlists do.
OPENING = {
    "format_whitelist": "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg",
    "protocol_whitelist": "file",
}


def open_container(path: Path):
    """An open `av.container.InputContainer`; it is a context manager.

    Raises:
        ModuleNotFoundError: PyAV is not installed.
        av.error.FFmpegError: FFmpeg cannot open it; PyAV may raise others.
    """
    import av

    # "file:" and a whole path: otherwise a name such as "a:b.mp4" is taken for an address.
    return av.open(
        f"file:{Path(path).absolute()}",
        options=DECODING,
        container_options=OPENING,
        metadata_errors="replace",  # a title in another encoding
    )
