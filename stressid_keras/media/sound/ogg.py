"""Pages of Ogg files: whether they are all there, and where one of several chained streams ends.

Source: RFC 3533.
"""

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.splice import FileBytes, Piece

CODECS = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC")  # of sound
_BEGINS, _ENDS = 2, 4  # flags of a page


def ogg_parts(source: FileBytes, name: str) -> list[list[Piece]]:
    """The pieces of each link of a chain; an unchained file has one.

    Raises:
        RecordingError: truncated (in mid-page, or the last page of a sound is not marked as its last), or pages are
            missing, the first one among them.
    """
    starts, sounds, at, was_begun = [], {}, 0, False
    while len(head := source.at(at, 27)) == 27:
        if head[:4] != b"OggS":
            at = _next_page(source, at, name)
            continue
        begins, serial = bool(head[5] & _BEGINS), head[14:18]
        number = int.from_bytes(head[18:22], "little")
        lengths = source.at(at + 27, head[26])
        start = at + 27 + len(lengths)
        stop = start + sum(lengths)
        if len(lengths) < head[26] or stop > source.size:
            raise _cut(name)
        if begins and not was_begun:  # the streams of a link begin together
            _check_ended(sounds, name)
            starts.append(at)
            sounds = {}
        if begins and source.at(start, 8).startswith(CODECS):
            sounds[serial] = head
        elif serial in sounds:
            if number != int.from_bytes(sounds[serial][18:22], "little") + 1:
                raise RecordingError(
                    f"{name} is damaged: Ogg pages are missing from it; expected a whole recording."
                )
            sounds[serial] = head
        at, was_begun = stop, begins
    if source.size > at and source.at(at, 4) == b"OggS"[: source.size - at]:
        raise _cut(name)
    _check_ended(sounds, name)
    if not starts:
        raise RecordingError(
            f"{name} is damaged: its Ogg stream has no first page; expected a whole recording."
        )
    return [[(first, last)] for first, last in zip(starts, [*starts[1:], at], strict=True)]


def _next_page(source: FileBytes, at: int, name: str) -> int:
    found = source.find(b"OggS", at, source.size)
    return found if found >= 0 else source.size


def _check_ended(sounds: dict, name: str) -> None:
    if any(not head[5] & _ENDS for head in sounds.values()):
        raise _cut(name)


def _cut(name: str) -> RecordingError:
    return RecordingError(f"{name} is truncated: its Ogg stream promises a last page that is not there.")
