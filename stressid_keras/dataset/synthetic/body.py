"""Synthetic ECG, EDA and respiration whose texture follows an arousal.

Absolute levels carry nothing, as downstream every window is scaled to its own range: arousal shows in how
fast the heart beats, how often the skin responds, and how fast, unevenly and shallowly the chest moves.
"""

import numpy as np

# P, Q, R, S, T of a heartbeat: millivolts, seconds from the R peak, seconds of standard deviation
WAVES = (
    (0.15, -0.16, 0.022),
    (-0.12, -0.028, 0.009),
    (1.1, 0.0, 0.011),
    (-0.25, 0.028, 0.010),
    (0.38, 0.27, 0.045),
)


def ecg(arousal: float, person: np.random.Generator, rng: np.random.Generator, seconds, rate) -> np.ndarray:
    """Electrocardiogram in millivolts, (seconds · rate,): 62 beats a minute at rest, 17 more per unit.

    Each beat is a sum of five Gaussians (after McSharry et al., 2003, DOI 10.1109/TBME.2003.808805);
    intervals vary with breathing and at random, less so with arousal.

    Args:
        arousal: about 0 (calm) to 2 (stressed); so in the other signals.
        person: gives what stays the same for a subject.
        rng: gives what differs between recordings.
        seconds: length.
        rate: samples a second.
    """
    scale, resting = person.uniform(0.7, 1.3), 62 + 3 * person.standard_normal()
    waves = np.array(WAVES)
    waves[:, 0] *= scale * person.uniform(0.8, 1.2, len(waves))
    interval = 60 / np.clip(resting + 17 * arousal, 45, 150)
    time = np.arange(round(seconds * rate)) / rate
    count = int(seconds / interval * 1.5) + 8
    variation = 0.05 * np.exp(-0.4 * max(arousal, 0))
    breathing = np.sin(np.arange(count) * 2 * np.pi * interval * 0.25 + rng.uniform(0, 2 * np.pi))
    intervals = interval * (1 + variation * (0.7 * breathing + 0.5 * rng.standard_normal(count)).clip(-3, 3))
    beats = np.cumsum(intervals) - interval * (2 + rng.uniform())
    following = np.searchsorted(beats, time, side="right")
    signal = np.zeros(len(time))
    for beat in (following - 1, following):
        delay = time - beats[beat]
        stretch = np.sqrt(intervals[beat])  # Bazett: the T wave comes sooner in a faster heart
        for size, offset, width in waves:
            signal += size * np.exp(-0.5 * ((delay - offset * stretch) / width) ** 2)
    wander = 0.08 * scale * np.sin(2 * np.pi * rng.uniform(0.1, 0.25) * time + rng.uniform(0, 2 * np.pi))
    return signal + wander + 0.02 * rng.standard_normal(len(time))


def eda(arousal: float, person: np.random.Generator, rng: np.random.Generator, seconds, rate) -> np.ndarray:
    """Electrodermal activity in microsiemens, (seconds · rate,): a drifting level and skin responses.

    Skin conductance responses come at random, .05 a second at rest and .12 more per unit of arousal, rise in
    about .7 s and decay in 3 s.
    """
    from scipy.signal import lfilter  # half of the package's start, for what few runs need

    level, size, base_rate = person.uniform(2, 12), person.uniform(0.25, 0.6), 0.03 * person.standard_normal()
    lead = 10  # seconds before the recording, whose responses still decay in it
    length = round((seconds + lead) * rate)
    frequency = np.clip(0.05 + base_rate + 0.12 * arousal, 0.01, 0.6)
    impulses = np.zeros(length)
    onsets = rng.integers(0, length, rng.poisson(frequency * (seconds + lead)))
    np.add.at(impulses, onsets, size * rng.lognormal(0, 0.35, len(onsets)))
    decay, rise = np.exp(-1 / (3 * rate)), np.exp(-1 / (0.7 * rate))
    responses = lfilter([0, decay - rise], [1, -(decay + rise), decay * rise], impulses)
    peak = decay ** (time_of_peak := rate * np.log(3 / 0.7) / (1 / 0.7 - 1 / 3)) - rise**time_of_peak
    time = np.arange(length) / rate
    drift = 0.02 * rng.standard_normal() * time + 0.1 * np.sin(
        time / rng.uniform(8, 20) + rng.uniform(0, 2 * np.pi)
    )
    noise = 0.004 * rng.standard_normal(length)
    return np.maximum(level + drift + responses / peak + noise, 0.05)[-round(seconds * rate) :]


def rr(arousal: float, person: np.random.Generator, rng: np.random.Generator, seconds, rate) -> np.ndarray:
    """Respiration in arbitrary units, (seconds · rate,): .2 Hz at rest and .09 more per unit of arousal.

    With arousal breaths also become shallower and less even.
    """
    resting, depth = 0.2 + 0.015 * person.standard_normal(), person.uniform(0.8, 1.4)
    time = np.arange(round(seconds * rate)) / rate
    uneven = 0.06 + 0.04 * max(arousal, 0)
    pace = np.clip(resting + 0.09 * arousal, 0.1, 0.7) * (1 + uneven * _wobble(time, rng))
    phase = 2 * np.pi * np.cumsum(pace) / rate + rng.uniform(0, 2 * np.pi)
    amplitude = depth * np.clip(1 - 0.2 * arousal, 0.3, 1.3) * (1 + 2 * uneven * _wobble(time, rng))
    breath = np.sin(phase) + 0.2 * np.sin(2 * phase + 0.6)  # breathing out takes longer than in
    drift = 0.1 * _wobble(time / 4, rng)
    return amplitude * breath + drift + 0.02 * rng.standard_normal(len(time))


def _wobble(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth random curve of variance about one that changes over seconds; same shape as `time`."""
    frequency, phase = rng.uniform(0.05, 0.35, (4, 1)), rng.uniform(0, 2 * np.pi, (4, 1))
    return np.sin(2 * np.pi * frequency * time + phase).sum(axis=0) / np.sqrt(2)
