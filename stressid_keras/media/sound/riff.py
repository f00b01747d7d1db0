"""Where the sound is in WAV files: RIFF, RIFX, RF64 and BW64, joined ones too.

Source: RIFF/WAVE, Microsoft 1991; RF64 and BW64, EBU Tech 3306 and ITU-R BS.2088.
"""

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.chunks import after_chunks, chunks, is_chain, is_unknown, truncated
from stressid_keras.media.sound.splice import FileBytes, Piece

FORMS = {b"RIFF": "little", b"RIFX": "big", b"RF64": "little", b"BW64": "little"}
LONG_FORMS = (b"RF64", b"BW64")
HEADER_BYTES = 44  # some recorders, on Android above all, count the usual header as data
MPEG_TAGS = (0x50, 0x55)  # of WAV files whose data are MP2 or MP3
EXTENSIBLE, PLAIN_TAGS = 0xFFFE, (1, 3, 6, 7)  # the true format stands further back; PCM, float, A-law, µ-law
_LARGEST = 0xFFFFFFFF


def is_wav(source: FileBytes, at: int = 0) -> bool:
    head = source.at(at, 12)
    return head[:4] in FORMS and head[8:] == b"WAVE"


def wav_parts(source: FileBytes, name: str) -> list[tuple[bytes, str, int, int]]:
    """Of each WAV file that stands in the file, one behind the other: format chunk, byte order, start and stop of its
    data.

    Data without a length, as encoders leave it that write to a pipe, end with the file. Chunks behind an empty data
    chunk are not sound. A header may promise up to `HEADER_BYTES` too many.

    Raises:
        RecordingError: truncated, without a format, without data, with data in several chunks of one file, or of
            samples that do not fill its frames.
    """
    parts, at = [], 0
    while is_wav(source, at):
        part, at = _part(source, at, name)
        parts.append(part)
    return parts


def wav_pieces(layout: bytes, order: str, start: int, stop: int) -> list[Piece]:
    """The same sound under the plainest header, which says how long it is."""
    size = stop - start
    head = b"fmt " + len(layout).to_bytes(4, order) + layout + bytes(len(layout) % 2)
    if size + len(head) + 12 <= _LARGEST:
        form = b"RIFF" if order == "little" else b"RIFX"
        whole = (4 + len(head) + 8 + size).to_bytes(4, order)
        return [form + whole + b"WAVE" + head + b"data" + size.to_bytes(4, order), (start, stop)]
    whole = 4 + 36 + len(head) + 8 + size
    sizes = b"".join(number.to_bytes(8, "little") for number in (whole, size, 0)) + bytes(4)
    unknown = _LARGEST.to_bytes(4, "little")
    return [
        b"RF64" + unknown + b"WAVEds64" + (28).to_bytes(4, "little") + sizes + head + b"data" + unknown,
        (start, stop),
    ]


def _part(source: FileBytes, at: int, name: str):
    """The first data that are not empty, and where the next file could begin."""
    order, layout, long_size, empty = FORMS[source.at(at, 4)], None, None, False
    for chunk, start, size in chunks(source, at + 12, order):
        if chunk == b"ds64":
            long_size = int.from_bytes(source.at(start + 8, 8), "little")
        elif chunk == b"fmt " and size >= 16:
            layout = source.at(start, min(size, 1024))
        elif chunk == b"data" and layout:
            is_long = size == _LARGEST and long_size is not None
            if size == _LARGEST and long_size is None and source.at(at, 4) in LONG_FORMS:
                raise RecordingError(
                    f"{name} is damaged: its {source.at(at, 4).decode()} header does not say how long it is before the "
                    "data; expected a chunk ds64 there."
                )
            stop = _stop(source, start, long_size if is_long else size, is_long, order, name)
            if stop > start:
                _check_layout(layout, order, name)
                _check_alone(source, stop, (stop - start) % 2, order, name)
                return (layout, order, start, stop), _next_file(source, stop, (stop - start) % 2, order)
            empty = True
    if empty:
        raise RecordingError(f"{name} holds no samples; expected a recording.")
    missing = "data" if layout else "format"
    raise RecordingError(
        f"{name} is not audio that can be read (its WAV header has no {missing}); expected a WAV file."
    )


def _stop(source: FileBytes, start: int, promised: int, is_long: bool, order: str, name: str) -> int:
    there = source.size - start
    if promised == 0 and is_chain(source, start, order):
        return start
    streamed = promised >= 1 << 62 if is_long else is_unknown(promised) and promised > there
    if promised == 0 or streamed:
        joined = source.find(b"WAVEfmt ", start, source.size) - 8  # behind another that has no length
        return joined if joined >= start and is_wav(source, joined) else source.size
    if promised > there + HEADER_BYTES:
        raise truncated(name, promised, there)
    return min(start + promised, source.size)


def _check_layout(layout: bytes, order: str, name: str) -> None:
    """Refuse a format whose samples do not fill its frames: libsndfile would cut the bytes into other samples."""
    tag, channels, frame, bits = (int.from_bytes(layout[at : at + 2], order) for at in (0, 2, 12, 14))
    if tag == EXTENSIBLE and len(layout) >= 26:
        tag = int.from_bytes(layout[24:26], order)
    if tag in PLAIN_TAGS and frame != channels * -(-bits // 8):
        raise RecordingError(
            f"{name} has a WAV header that contradicts itself: {channels} channels of {bits} bits in frames of {frame} "
            "bytes; expected frames that its samples fill: record it again."
        )


def _check_alone(source: FileBytes, stop: int, padding: int, order: str, name: str) -> None:
    """Refuse more data behind the data: one program plays the first of them, another the last."""
    for place in {stop, stop + padding}:
        if any(chunk == b"data" and size for chunk, _, size in chunks(source, place, order)):
            raise RecordingError(
                f"{name} holds sound in two data chunks; expected one: convert it to WAV anew."
            )


def _next_file(source: FileBytes, stop: int, padding: int, order: str) -> int:
    """Behind the data and what metadata follow; not every writer pads data of an odd size."""
    places = (after_chunks(source, stop + padding, order), stop)
    return next((place for place in places if is_wav(source, place)), source.size)
