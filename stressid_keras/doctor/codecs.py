"""What sounds and films can be read."""

import importlib
from collections.abc import Iterator

from stressid_keras.provenance import package_versions

SOUNDS = ("WAV", "FLAC", "OGG", "MP3", "AIFF")
DECODERS = {
    "aac": "AAC (m4a, mp4)",
    "opus": "Opus (webm)",
    "vorbis": "Vorbis",
    "h264": "H.264",
    "hevc": "H.265",
    "vp9": "VP9",
}


def codec_rows() -> Iterator[tuple[str, str]]:
    """libsndfile's formats and PyAV's decoders; both bring their libraries, no ffmpeg has to be installed."""
    soundfile = importlib.import_module("soundfile")
    formats = soundfile.available_formats()
    yield "libsndfile", f"{soundfile.__libsndfile_version__}, {_listed(SOUNDS, formats)}"
    if "av" not in package_versions(["av"]):
        yield "PyAV", "not installed: no film, no AAC; the extra formats brings it, and train"
        return
    av = importlib.import_module("av")
    found = {name for name in DECODERS if _decodes(av, name)}
    shown = {DECODERS[name]: name for name in DECODERS}
    yield (
        "PyAV",
        f"{av.__version__}, {_listed(shown, [title for title, name in shown.items() if name in found])}",
    )


def _decodes(av, name: str) -> bool:
    try:
        return bool(av.codec.Codec(name, "r"))
    except Exception:  # PyAV's own, whose name changed from version to version
        return False


def _listed(wanted, found) -> str:
    missing = [name for name in wanted if name not in found]
    there = ", ".join(name for name in wanted if name in found) or "nothing"
    return there + (f"; WITHOUT {', '.join(missing)}" if missing else "")
