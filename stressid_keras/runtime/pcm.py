"""Samples as callers hold them → float32 of full scale 1; what cannot be meant so is refused, not guessed."""

import numpy as np

from stressid_keras.errors import ExportError, shown
from stressid_keras.media.sound.channels import MOST_CHANNELS, check_has_channel
from stressid_keras.media.sound.decoding import RATES
from stressid_keras.media.sound.full_scale import LARGEST
from stressid_keras.media.sound.waveform import within_full_scale

HOPS = (
    0.01,
    86_400.0,
)  # seconds; a hundred windows a second are finer than the log-mel, a day is no recording
OFFSETS = {"int16": 0, "int32": 0, "uint8": 128}  # PCM as in WAV files: silence is there


def as_float(samples, what: str) -> np.ndarray:
    """Samples of any shape as finite float32 of full scale 1.

    Args:
        samples: floating point, taken as it is; int16 and int32, divided by 2¹⁵ and 2³¹; or uint8, from which 128
            is taken before it is divided by 128: what WAV files mean by them.
        what: the samples, for the error.

    Raises:
        ExportError: another type, or NaN or infinite samples.
    """
    if np.ma.is_masked(samples):
        raise ExportError(f"{what} has masked samples; expected all of them: fill them, or leave them out.")
    try:
        samples = np.asarray(samples)
    except ValueError:
        raise ExportError(f"{what} is no array: its rows have different lengths.") from None
    except Exception as error:  # of an array of another library, such as one on a GPU
        raise ExportError(f"{what} is no array of NumPy: {type(error).__name__} {error}.") from None
    kind = samples.dtype.name
    if kind in OFFSETS:
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        return ((samples.astype(np.float64) - OFFSETS[kind]) / half).astype(np.float32)
    if samples.dtype.kind != "f":
        raise ExportError(
            f"{what} has the type {kind}; expected floating point in [-1, 1], or PCM as int16, int32 or uint8."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused
        samples = samples.astype(np.float32, copy=False)
    if not np.isfinite(samples).all():
        raise ExportError(f"{what} holds NaN or infinite samples; expected finite ones.")
    return samples


def as_channels(samples, channels: int, what: str) -> np.ndarray:
    """`as_float` of (n,) or (n, channels): (channels, n).

    Raises:
        ExportError: another shape, or as `as_float`.
    """
    samples = as_float(samples, what)
    if samples.ndim == 1 and channels == 1:
        return samples[None]
    if samples.ndim != 2 or samples.shape[1] != channels:
        expected = "(n,) or (n, 1)" if channels == 1 else f"(n, {channels})"
        raise ExportError(f"{what} has shape {samples.shape}; expected {expected}.")
    return samples.T


def as_mono(channels: np.ndarray, number: int | None, what: str) -> np.ndarray:
    """One channel of (channels, n) float32, or the mean of all: (n,).

    Args:
        number: as `media.sound.channels.channel_number` gives it.

    Raises:
        ExportError: no such channel, or samples that resampling could overflow with.
    """
    check_has_channel(len(channels), number, what, ExportError)
    if number is not None or len(channels) == 1:
        return _as_sound(channels[(number or 1) - 1], what)
    with np.errstate(over="ignore"):
        mono = channels.mean(axis=0)
    if not np.isfinite(mono).all():
        raise ExportError(f"{what} holds samples too large to average over {len(channels)} channels.")
    return _as_sound(mono, what)


def _as_sound(samples: np.ndarray, what: str) -> np.ndarray:
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > LARGEST:
        raise ExportError(f"{what} holds a sample of {peak:.1e}, which no sound has; expected full scale 1.")
    return samples


def fill_window(waveform: np.ndarray, samples: int) -> np.ndarray:
    """(n ≤ samples,) → (samples,) float32 in [-1, 1], see `within_full_scale`, with zeros behind."""
    window = np.zeros(samples, dtype=np.float32)
    window[: len(waveform)] = within_full_scale(waveform)
    return window


def count_channels(samples: np.ndarray, what: str) -> int:
    """1 of (n,), and c of (n, c).

    Raises:
        ExportError: empty, another number of axes, or more channels than any recording has.
    """
    shape = samples.shape
    if len(shape) not in (1, 2) or 0 in shape:
        raise ExportError(f"{what} has shape {shape}; expected (n,) or (n, channels), not empty.")
    if len(shape) == 2 and shape[1] > MOST_CHANNELS:
        raise ExportError(
            f"{what} has shape {shape}, {shape[1]} channels; expected (n, channels), at most {MOST_CHANNELS} channels."
        )
    return 1 if len(shape) == 1 else shape[1]


def check_rate(rate) -> float:
    """Samples a second, a number within `RATES`.

    Raises:
        ExportError: anything else.
    """
    if not _is_number(rate) or not RATES[0] <= rate <= RATES[1]:
        raise ExportError(f"the rate is {shown(rate)}; expected {RATES[0]} to {RATES[1]} Hz.")
    return float(rate)


def check_hop(hop) -> float:
    """Seconds from window to window, a positive number within `HOPS`.

    Raises:
        ExportError: anything else.
    """
    if not _is_number(hop) or not HOPS[0] <= hop <= HOPS[1]:
        raise ExportError(
            f"the hop is {shown(hop)}; expected a positive number of seconds, {HOPS[0]:g} to {HOPS[1]:g}."
        )
    return float(hop)


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
