"""What a sound file is by its content, and its parts, each to be decoded alone, one behind the other."""

from dataclasses import dataclass

from stressid_keras.errors import RecordingError
from stressid_keras.media.matroska import HEADER
from stressid_keras.media.sound.flac import flac_parts, is_flac
from stressid_keras.media.sound.mpeg import after_id3, find_mpeg, mpeg_parts
from stressid_keras.media.sound.ogg import ogg_parts
from stressid_keras.media.sound.other_pcm import pcm_parts
from stressid_keras.media.sound.riff import MPEG_TAGS, is_wav, wav_parts, wav_pieces
from stressid_keras.media.sound.splice import FileBytes, Piece

MP4, MATROSKA = CONTAINERS = ("MP4", "Matroska")  # also M4A, MOV and 3GP; also WebM


@dataclass(frozen=True)
class SoundParts:
    """
    Attributes:
        format: "WAV", "MP3", "FLAC", "OGG", "AIFF", "W64", "CAF", "AU" or "NIST"; one of `CONTAINERS`, which FFmpeg
            takes apart; empty: unknown, its length could not be checked.
        parts: the pieces of each part. One that was joined to another, such as two MP3 files or two links of an Ogg
            chain, is one of several.
    """

    format: str
    parts: list[list[Piece]]


def find_sound(source: FileBytes, name: str) -> SoundParts:
    """Look at a file without decoding it.

    Reads the headers of WAV, AIFF, Wave64, CAF, AU and NIST files, and goes through all of FLAC, Ogg and MP3 files; of
    `CONTAINERS` it names which they are.

    Args:
        name: of the file, for errors.

    Raises:
        RecordingError: empty, or truncated: what is there is less than what the file says.
    """
    if source.size == 0:
        raise RecordingError(f"{name} is empty (0 bytes); expected a recording.")
    if is_wav(source):
        return SoundParts("WAV", _wav(source, name))
    if found := pcm_parts(source, name):
        return SoundParts(*found)
    if source.at(0, 4) == b"OggS":
        return SoundParts("OGG", ogg_parts(source, name))
    if source.at(4, 4) == b"ftyp" or source.at(0, 4) == HEADER:
        return SoundParts(MATROSKA if source.at(0, 4) == HEADER else MP4, [[(0, source.size)]])
    at = 0
    while source.at(at, 3) == b"ID3":
        at = after_id3(source, at)
    if is_flac(source, at):
        return SoundParts("FLAC", flac_parts(source, at, name))
    at = find_mpeg(source, at)
    if at is not None:
        return SoundParts("MP3", mpeg_parts(source, at, source.size, name))
    return SoundParts("", [[(0, source.size)]])


def _wav(source: FileBytes, name: str) -> list[list[Piece]]:
    pieces = []
    for layout, order, start, stop in wav_parts(source, name):
        if int.from_bytes(layout[:2], order) in MPEG_TAGS:
            pieces += mpeg_parts(source, start, stop, name)
        else:
            pieces.append(wav_pieces(layout, order, start, stop))
    return pieces
