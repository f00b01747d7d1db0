"""Sound files, whole ones and damaged ones, as bytes: what tests of the reader and of the page open."""

import io

import numpy as np
import soundfile

RATE = 16_000
SECONDS = 2.0


def noise(seconds=SECONDS, rate=RATE, seed=0):
    """(n,) float32 of irregular loudness, peak below 1/2."""
    generator = np.random.default_rng(seed)
    waveform = generator.normal(0, 0.1, round(seconds * rate))
    return (waveform * (1.2 + np.sin(np.arange(len(waveform)) / 2000))).clip(-0.49, 0.49).astype(np.float32)


def encoded(samples=None, kind="WAV", subtype=None, rate=RATE, **options) -> bytes:
    file = io.BytesIO()
    samples = noise(rate=rate) if samples is None else samples
    soundfile.write(file, samples, rate, format=kind, subtype=subtype, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes, order="little") -> bytes:
    return name + len(content).to_bytes(4, order) + content + bytes(len(content) % 2)


def wav(size=None, data=None, before=b"", after=b"", form=b"RIFF") -> bytes:
    """A WAV file of 16 bits whose data chunk promises `size` bytes, with chunks before and after it."""
    whole = encoded(subtype="PCM_16")
    data = whole[44:] if data is None else data
    size = len(data) if size is None else size
    body = b"WAVE" + whole[12:36] + before + b"data" + size.to_bytes(4, "little") + data + after
    return form + len(body).to_bytes(4, "little") + body


def rf64(size=None, form=b"RF64", promised=None) -> bytes:
    """An RF64 file, the true size in its chunk "ds64"."""
    data = wav()[44:]
    sizes = [len(data) + 72, len(data) if promised is None else promised, len(data) // 2]
    table = chunk(b"ds64", b"".join(number.to_bytes(8, "little") for number in sizes) + bytes(4))
    body = b"WAVE" + table + wav()[12:36] + b"data" + b"\xff\xff\xff\xff" + data[:size]
    return form + b"\xff\xff\xff\xff" + body


METADATA = [b"_PMX", b"LIST", b"id3 ", b"bext", b"iXML", b"qqqq"]  # the last is nobody's

WHOLE_WAVS = {  # name → content, and its seconds
    "size 0 of a pipe": (wav(0), SECONDS),
    "size 2^32 - 1 of a pipe": (wav(0xFFFFFFFF), SECONDS),
    "size 2^31 of a pipe": (wav(0x80000000), SECONDS),
    "44 bytes too many": (wav(len(wav()) - 44 + 44), SECONDS),
    "metadata before and after": (
        wav(before=chunk(b"LIST", b"odd"), after=chunk(b"id3 ", b"x" * 999)),
        SECONDS,
    ),
    "data of an odd size": (
        wav(data=wav()[44:] + b"\x01", after=b"\x00" + chunk(b"bext", bytes(99))),
        SECONDS,
    ),
    "RF64": (rf64(), SECONDS),
    "BW64": (rf64(form=b"BW64"), SECONDS),
    "RF64 of a pipe": (rf64(promised=0), SECONDS),
    "big-endian": (encoded(subtype="PCM_24", endian="BIG"), SECONDS),
    "joined": (wav() + wav(), 2 * SECONDS),
    "joined behind metadata": (wav(after=chunk(b"LIST", b"odd")) + wav(), 2 * SECONDS),
    "joined of a pipe": (wav(0xFFFFFFFF) + wav(0xFFFFFFFF), 2 * SECONDS),
    "joined to another rate": (wav() + encoded(rate=48_000), 2 * SECONDS),
    "empty data before the data": (wav(0, b"", after=chunk(b"data", wav()[44:])), SECONDS),
}


def with_bits(bits, content=None) -> bytes:
    """Two channels of 16 bits, of which the header says that they have others."""
    content = bytearray(
        encoded(np.stack([noise(), noise()], axis=1), subtype="PCM_16") if content is None else content
    )
    content[34] = bits
    return bytes(content)


def late_sizes() -> bytes:
    """An RF64 file with its chunk "ds64" behind the data, where no reader looks."""
    whole = rf64()
    return whole[:12] + whole[12 + 36 :] + whole[12 : 12 + 36]


BAD_WAVS = {  # name → content, and a part of the sentence
    **{
        f"empty, then {name.decode()}": (
            wav(0, b"", after=chunk(name, b"take one " * 999)),
            "holds no samples",
        )
        for name in METADATA
    },
    "empty, then several chunks": (
        wav(0, b"", after=chunk(b"qqqq", b"odd") + chunk(b"rrrr", bytes(80)) + bytes(12)),
        "holds no samples",
    ),
    "empty, then metadata that are cut": (
        wav(0, b"", after=chunk(b"LIST", bytes(999))[:500]),
        "holds no samples",
    ),
    "empty, nothing else": (wav(0, b""), "holds no samples"),
    "45 bytes too many": (wav(len(wav()) - 44 + 45), "is truncated"),
    "17 bits in 2 bytes": (with_bits(17), "17 bits"),
    "24 bits in 2 bytes": (with_bits(24), "24 bits"),
    "8 bits in 2 bytes": (with_bits(8), "8 bits"),
    "RF64 with its sizes behind the data": (late_sizes(), "before the data"),
    "two data chunks": (wav(after=chunk(b"data", wav()[44:])), "two data chunks"),
    "two data chunks, metadata between": (
        wav(data=wav()[44:945], after=b"\x00" + chunk(b"LIST", b"odd") + chunk(b"data", wav()[44:])),
        "two data chunks",
    ),
    "half": (wav()[: len(wav()) // 2], "is truncated"),
    "half of RF64": (rf64(size=30_000), "is truncated: its header promises 64000 bytes"),
    "half of BW64": (rf64(size=30_000, form=b"BW64"), "is truncated"),
    "half of big-endian": (encoded(endian="BIG")[:30_000], "is truncated"),
    "3 GB promised": (wav(3_000_000_000), "is truncated"),
    "half of the second of two": (wav() + wav()[:30_000], "is truncated"),
    "channels that cancel": (
        encoded(np.stack([noise(), -noise()], axis=1)),
        "channels that cancel each other",
    ),
    "a constant": (encoded(np.full(RATE, 0.05)), "is silent"),
    "samples of 3e38": (
        encoded(np.resize(np.float32([3e38, -3e38]), 4000), subtype="FLOAT"),
        "which no sound has",
    ),
    "samples of 1e300": (encoded(np.full(4000, 1e300), subtype="DOUBLE"), "which no sound has"),
    "infinite": (encoded(np.full((4000, 2), [0, np.inf], "float32"), subtype="FLOAT"), "NaN or infinite"),
    "1 Hz": (encoded(rate=1, samples=noise()), "expected 4000 to 768000"),
    "65 channels": (encoded(np.tile(noise(0.1)[:, None], 65)), "has 65 channels; expected at most 64"),
}
