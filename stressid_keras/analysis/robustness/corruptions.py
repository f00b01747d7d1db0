"""The table of corruptions: what each is called, in what its level is given, how severe it gets, what it does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stressid_keras.analysis.robustness.coding import mp3, telephone
from stressid_keras.analysis.robustness.noise import add_babble, add_white_noise
from stressid_keras.analysis.robustness.recorder import change_gain, clip_share, middle
from stressid_keras.analysis.robustness.room import add_reverberation
from stressid_keras.config import QualityConfig, RobustnessConfig
from stressid_keras.errors import StressIDError
from stressid_keras.media.sound.waveform import peak_deviation, trim_padding

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
    """One row of the table."""

    display_name: str
    unit: str  # of the level; empty where there are no degrees
    levels: tuple[float, ...]  # the default ones, from mild to severe
    apply: Callable[[np.ndarray, float, Conditions], np.ndarray]

    def from_mild_to_severe(self, levels: Iterable[float]) -> list[float]:
        """Any levels, each once, in the direction of the default ones."""
        return sorted({float(level) for level in levels}, reverse=self.levels[0] > self.levels[-1])


CORRUPTIONS: dict[str, Corruption] = {
    "white_noise": Corruption(
        "White noise",
        "dB SNR",
        RobustnessConfig.white_noise,
        lambda waveform, level, given: add_white_noise(waveform, level, given.generator),
    ),
    "babble": Corruption(
        "Babble",
        "dB SNR",
        RobustnessConfig.babble,
        lambda waveform, level, given: add_babble(waveform, level, given.voices, given.generator),
    ),
    "reverberation": Corruption(
        "Reverberation",
        "s RT60",
        RobustnessConfig.reverberation,
        lambda waveform, level, given: add_reverberation(
            waveform, level, given.sample_rate, given.generator, given.config.direct_to_reverberant
        ),
    ),
    "telephone": Corruption(
        "Telephone",
        "",
        RobustnessConfig.telephone,
        lambda waveform, level, given: telephone(waveform, given.sample_rate),
    ),
    "clipping": Corruption(
        "Clipping",
        "% of samples",
        RobustnessConfig.clipping,
        lambda waveform, level, given: clip_share(waveform, level / 100),
    ),
    "gain_down": Corruption(
        "Too quiet",
        "dB",
        RobustnessConfig.gain_down,
        lambda waveform, level, given: change_gain(waveform, level),
    ),
    "gain_up": Corruption(
        "Too loud",
        "dB",
        RobustnessConfig.gain_up,
        lambda waveform, level, given: change_gain(waveform, level),
    ),
    "mp3": Corruption(
        "MP3",
        "kbit/s",
        RobustnessConfig.mp3,
        lambda waveform, level, given: mp3(waveform, level, given.sample_rate),
    ),
    "shorter": Corruption(
        "Shorter clip",
        "s",
        RobustnessConfig.shorter,
        lambda waveform, level, given: middle(waveform, level, given.sample_rate),
    ),
}


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
    if name not in CORRUPTIONS:
        raise StressIDError(f"{name!r} is no corruption; expected one of {', '.join(CORRUPTIONS)}.")
    corrupted = CORRUPTIONS[name].apply(waveform, level, conditions)
    corrupted = trim_padding(corrupted.astype(np.float32, copy=False))
    return corrupted if peak_deviation(corrupted) >= silence_peak else None


def levels_for(n_samples: int, sample_rate: int, config: RobustnessConfig) -> list[tuple[str, float]]:
    """All corruptions and levels of a window, in the table's order; clips as long as the window are left out."""
    return [
        (name, level)
        for name, corruption in CORRUPTIONS.items()
        for level in corruption.from_mild_to_severe(getattr(config, name))
        if name != "shorter" or round(level * sample_rate) < n_samples
    ]
