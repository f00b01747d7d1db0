"""What the name of a sound file promises."""

from pathlib import Path

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.sound_parts import MATROSKA, MP4

FORMATS = {  # the formats, by `sound_parts`, that a file of such a name holds
    ".wav": ("WAV", "W64"),
    ".mp3": ("MP3",),
    ".flac": ("FLAC",),
    **dict.fromkeys((".ogg", ".opus"), ("OGG",)),
    **dict.fromkeys((".aif", ".aiff"), ("AIFF",)),
    **dict.fromkeys((".m4a", ".mp4"), (MP4,)),
    **dict.fromkeys((".webm", ".weba", ".mkv", ".mka"), (MATROSKA,)),
}
SUFFIXES = (
    *FORMATS,
    ".wave",
    ".rf64",
    ".w64",
    ".oga",
    ".aifc",
    ".caf",
    ".au",
    ".snd",
    ".mov",
    ".m4v",
    ".3gp",
)


def check_name(path: Path, found: str) -> None:
    """A name that promises another format is a sign of a mix-up: whoever made the file heard something else.

    Args:
        found: format of the content; empty: unknown.

    Raises:
        RecordingError: the name promises another.
    """
    suffix = Path(path).suffix.lower()
    if found and found not in FORMATS.get(suffix, (found,)):
        raise RecordingError(
            f"{Path(path).name} holds {found} and its name says {suffix}; rename it, or convert it to WAV."
        )
