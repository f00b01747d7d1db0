"""What a corruption is: what it is called, in what its level is given, how severe it gets, what it does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from stressid_keras.config import CORRUPTIONS, QualityConfig, RobustnessConfig
from stressid_keras.errors import StressIDError
from stressid_keras.media.sound.waveform import peak_deviation, trim_padding
from stressid_keras.ranges import Range, checked

CLEAN = "clean"  # the name of a window that was left as it is; its level is 0


@dataclass(frozen=True)
class Conditions:
    """What a corruption may need beside a waveform and a level."""

    sample_rate: int  # Hz
    generator: np.random.Generator
    voices: Sequence[np.ndarray] = ()  # waveforms of other people
    config: RobustnessConfig = field(default_factory=RobustnessConfig)


@dataclass(frozen=True)
class Corruption:
    """One way in which sound gets worse.

    Attributes:
        name: of its file, of its option in a configuration, and in the results.
        display_name: in tables and figures.
        unit: of the level; empty where there are no degrees.
        levels: the default ones, from mild to severe.
        apply: waveform (n,) float32 in [-1, 1], level and conditions → (m,) float32 in [-1, 1], m ≤ n.
        range: of a level; None where `RobustnessConfig` has an option for it, which says so.
        needs_voices: whether it is given other people's recordings.
        shortens: whether its level is the seconds that are left; a window that is no longer is then not asked about.
    """

    name: str
    display_name: str
    unit: str
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float, Conditions], np.ndarray]
    range: Range | None = None
    needs_voices: bool = False
    shortens: bool = False

    def check(self, levels: Iterable[float]) -> None:
        """Raise StressIDError if it has an option of its own for its levels, or one lies outside its range."""
        if self.range is None:
            raise StressIDError(f"added has {self.name}; expected its levels in the option of that name.")
        for level in levels:
            checked(Annotated[float, self.range], level, f"an item of {self.name}")

    def from_mild_to_severe(self, levels: Iterable[float]) -> list[float]:
        """Any levels, each once, in the direction of the default ones."""
        return sorted({float(level) for level in levels}, reverse=self.levels[0] > self.levels[-1])


def register_corruption(
    name: str,
    display_name: str,
    unit: str,
    levels: Sequence[float],
    range: Range | None = None,
    *,
    needs_voices: bool = False,
    shortens: bool = False,
):
    """A decorator that registers a function as a corruption; the arguments are the attributes of `Corruption`."""

    def decorate(apply):
        CORRUPTIONS.register(
            Corruption(name, display_name, unit, tuple(levels), apply, range, needs_voices, shortens)
        )
        return apply

    return decorate


def corrupt(
    waveform: np.ndarray,
    name: str,
    level: float,
    conditions: Conditions,
    silence_peak: float = QualityConfig.silence_peak,
) -> np.ndarray | None:
    """A waveform after one corruption, as preparation would take it: without padding at its end.

    Args:
        waveform: (n,) float32 in [-1, 1].
        name: a key of `CORRUPTIONS`.
        level: in the corruption's unit.
        silence_peak: of full scale 1; what stays below it is silent, as it is to preparation.

    Returns:
        (m,) float32 in [-1, 1], m ≤ n; None if what is left is silent.

    Raises:
        StressIDError: an unknown corruption, babble without voices, or a codec that is not there.
    """
    corrupted = CORRUPTIONS[name].apply(waveform, level, conditions)
    corrupted = trim_padding(corrupted.astype(np.float32, copy=False))
    return corrupted if peak_deviation(corrupted) >= silence_peak else None


def levels_for(n_samples: int, sample_rate: int, config: RobustnessConfig) -> list[tuple[str, float]]:
    """All corruptions and levels of a window, in their order; clips as long as the window are left out."""
    return [
        (name, level)
        for name, corruption in CORRUPTIONS.items()
        for level in corruption.from_mild_to_severe(config.levels(name))
        if not corruption.shortens or round(level * sample_rate) < n_samples
    ]
