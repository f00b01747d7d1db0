"""Storage as MP3, by a real codec."""

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.scaling import fitted, within_full_scale
from stressid_keras.config import RobustnessConfig
from stressid_keras.errors import StressIDError

MP3_ENCODER, MP3_DECODER = "libmp3lame", "mp3float"  # names in FFmpeg


@register_corruption("mp3", "MP3", "kbit/s", RobustnessConfig.mp3)
def as_mp3(waveform, level, conditions):
    return mp3(waveform, level, conditions.sample_rate)


def mp3(waveform: np.ndarray, bit_rate: float, sample_rate: int) -> np.ndarray:
    """MPEG audio layer III at a constant bit rate, coded by LAME and decoded again, both by FFmpeg through PyAV.

    LAME notes its delay beside the first packet and its padding beside the last, and the decoder drops both, so the
    result is aligned with the waveform.

    Args:
        waveform: (n,) float32 in [-1, 1].
        bit_rate: kbit/s; LAME takes the nearest that the format has: 8 to 160 at 16 kHz.

    Returns:
        (n,) float32 in [-1, 1].

    Raises:
        StressIDError: PyAV was built without the codec, or the format does not have the sample rate.
    """
    import av

    missing = {MP3_ENCODER, MP3_DECODER} - av.codecs_available
    if missing:
        raise StressIDError(
            f"this PyAV has no {min(missing)}; expected it for MP3 coding: pip install --force-reinstall av."
        )
    encoder = av.CodecContext.create(MP3_ENCODER, "w")
    encoder.sample_rate, encoder.layout, encoder.format = sample_rate, "mono", "fltp"
    encoder.bit_rate = round(bit_rate * 1000)
    try:
        encoder.open()
    except av.error.FFmpegError:
        raise StressIDError(
            f"MP3 cannot hold {sample_rate} samples a second; expected 16000 or another rate of the format."
        ) from None
    packets = [packet for frame in _frames(waveform, encoder) for packet in encoder.encode(frame)]
    packets += encoder.encode(None)
    decoder = av.CodecContext.create(MP3_DECODER, "r")
    decoded = [frame.to_ndarray()[0] for packet in [*packets, None] for frame in decoder.decode(packet)]
    return within_full_scale(fitted(np.concatenate(decoded), len(waveform)))


def _frames(waveform: np.ndarray, encoder):
    """The waveform in pieces of the coder's own length."""
    import av

    samples = np.ascontiguousarray(waveform, dtype=np.float32)[None]
    for start in range(0, len(waveform), encoder.frame_size):
        piece = samples[:, start : start + encoder.frame_size]
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = encoder.sample_rate, start
        yield frame
