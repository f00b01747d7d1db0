"""Which channel of a recording is heard: their mean, or one of them; and whether the mean loses what they hold."""

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import ExportError, StressIDError, shown

MIX = "mix"
NAMES = {"left": 1, "right": 2}
MOST_CHANNELS = 64  # more are samples in the place of channels
CANCELLED = 0.05  # of the power that channels which have nothing in common leave in their mean

Channel = str | int  # "mix", "left", "right", or a channel's number, from 1


def channel_number(channel: Channel) -> int | None:
    """The number of a channel, from 1; None stands for the mean of all.

    Raises:
        ExportError: neither "mix", "left" or "right" nor a number from 1 to `MOST_CHANNELS`.
    """
    if isinstance(channel, str) and channel in (MIX, *NAMES):
        return NAMES.get(channel)
    is_number = isinstance(channel, int | np.integer) and not isinstance(channel, bool)
    if not is_number or not 1 <= channel <= MOST_CHANNELS:
        raise ExportError(
            f"the channel is {shown(channel)}; expected mix, left, right, or a number from 1 to {MOST_CHANNELS}."
        )
    return int(channel)


def check_has_channel(channels: int, number: int | None, name: str, error: type[StressIDError]) -> None:
    """
    Args:
        number: as `channel_number` gives it.
        name: of what has the channels.
        error: to be raised where they are fewer.
    """
    if number is not None and number > channels:
        there = "1 channel" if channels == 1 else f"{channels} channels"
        raise error(f"{name} has {there}; channel {number} was asked for: expected at least {number}.")


def heard(samples: np.ndarray, number: int | None = None) -> np.ndarray:
    """(channels, n) → (n,) float32: the mean, or the channel of a number."""
    if number is not None or len(samples) == 1:
        return samples[(number or 1) - 1].astype(np.float32, copy=False)
    # Sums of float32 could overflow.
    return (samples.sum(axis=0, dtype=np.float64) / len(samples)).astype(np.float32)


class Cancellation:
    """Compares the power of a mean of channels, block by block, with that of the channels.

    Stereo of which one channel is inverted, by a wire or a wrong setting, is loud on both and nearly silent in the
    mean. Of n channels that have nothing in common the mean has a share of 1 / n of their mean power; what is below
    `CANCELLED` of that is no chance.
    """

    def __init__(self):
        self._count = 0
        self._sums = self._squares = self._mean_sum = self._mean_square = 0.0

    def add(self, samples: np.ndarray, mean: np.ndarray) -> None:
        """Append (channels, n) and their mean (n,)."""
        if len(samples) > 1:
            self._count += samples.shape[1]
            self._sums = self._sums + samples.sum(axis=1, dtype=np.float64)
            self._squares = self._squares + np.square(samples, dtype=np.float64).sum(axis=1)
            self._mean_sum += float(mean.sum(dtype=np.float64))
            self._mean_square += float(np.square(mean, dtype=np.float64).sum())

    @property
    def found(self) -> bool:
        """Whether the channels cancel each other."""
        if not self._count:
            return False
        power = np.maximum(self._squares / self._count - (self._sums / self._count) ** 2, 0)
        left = max(self._mean_square / self._count - (self._mean_sum / self._count) ** 2, 0)
        is_silent = np.sqrt(power.max()) < QualityConfig.silence_peak
        return not is_silent and bool(left * len(power) < CANCELLED * power.mean())

    @staticmethod
    def sentence(name: str) -> str:
        """What to say where it was found."""
        return (
            f"{name} has channels that cancel each other, so that their mean holds hardly any of the sound; choose one "
            'of them: --channel left, in Python channel="left".'
        )
