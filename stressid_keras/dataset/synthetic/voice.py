"""Synthetic speech: a source–filter voice whose pitch, pace and brightness follow an arousal."""

import numpy as np

# First three formants of a, e, i, o, u and a neutral vowel, hertz
VOWELS = np.array(
    [
        (730, 1090, 2440),
        (530, 1840, 2480),
        (270, 2290, 3010),
        (570, 840, 2410),
        (300, 870, 2240),
        (500, 1500, 2500),
    ]
)
BANDWIDTHS = np.array([80, 110, 160])  # of the formants, hertz


def voice(arousal: float, person: np.random.Generator, rng: np.random.Generator, seconds, rate) -> np.ndarray:
    """Speech-like sound, (seconds · rate,), within ±1.

    Glottal pulses pass a filter for the spectral tilt and, syllable by syllable, three formant resonances.
    Per unit of arousal the pitch rises by 8 % and the pace by .6 syllables a second, the sound grows brighter
    and the pitch less steady. Gain and background noise (30 to 40 dB below) are random for each recording.

    Args:
        arousal: about 0 (calm) to 2 (stressed).
        person: gives what stays the same for a subject: pitch, vocal tract, pace.
        rng: gives what differs between recordings.
        seconds: length.
        rate: samples a second.
    """
    from scipy.signal import lfilter

    length = round(seconds * rate)
    pitch = person.uniform(100, 220) * (1 + 0.08 * arousal)
    tract = person.uniform(0.9, 1.15)
    pace = np.clip(3 + 0.6 * arousal + 0.15 * person.standard_normal(), 1.8, 6.5)
    tilt = np.clip(0.93 - 0.05 * arousal + 0.01 * person.standard_normal(), 0.6, 0.98)
    starts = _syllable_starts(pace, rng, length, rate)
    source = _glottal_source(pitch, 0.01 + 0.012 * max(arousal, 0), rng, starts, length, rate)
    source = lfilter([1 - tilt], [1, -tilt], source)
    speech = np.zeros(length)
    for start, stop in zip(starts, np.minimum(starts + int(0.85 * rate / pace), length), strict=True):
        speech[start:stop] += _syllable(source[start:stop], tract, rng, rate)
    speech /= np.abs(speech).max() + 1e-9
    noise = 10 ** (-rng.uniform(30, 40) / 20) * speech.std() * rng.standard_normal(length)
    return np.clip(rng.uniform(0.2, 0.9) * (speech + noise), -1, 1)


def _syllable_starts(pace: float, rng: np.random.Generator, length: int, rate: int) -> np.ndarray:
    """First samples of the syllables: evenly paced but for chance, with a pause after every few."""
    count = int(length / rate * pace * 2) + 4
    steps = (1 + 0.12 * rng.standard_normal(count)).clip(0.6, 1.6) / pace
    steps += (rng.uniform(size=count) < 0.14) * rng.uniform(0.25, 0.6, count)
    starts = ((np.cumsum(steps) - steps[0] + rng.uniform(0, 0.3)) * rate).astype(int)
    return starts[starts < length - rate // 50]


def _glottal_source(pitch, jitter, rng: np.random.Generator, starts, length: int, rate: int) -> np.ndarray:
    """A pulse per period; the pitch goes up and down between syllables and trembles by `jitter`."""
    melody = np.interp(np.arange(length), starts, pitch * (1 + 0.06 * rng.standard_normal(len(starts))))
    tremble = np.repeat(rng.standard_normal(length // 80 + 1), 80)[:length]
    phase = np.cumsum(melody * (1 + jitter * tremble)) / rate
    return np.diff(np.floor(phase), prepend=0) + 0.01 * rng.standard_normal(length)


def _syllable(source: np.ndarray, tract: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """One syllable, perhaps with a hissing onset; as long as its source."""
    from scipy.signal import sosfilt

    formants = VOWELS[rng.integers(len(VOWELS))] * tract * (1 + 0.05 * rng.standard_normal(3))
    radius = np.exp(-np.pi * BANDWIDTHS / rate)
    sections = np.zeros((3, 6))
    sections[:, 3:] = np.stack(
        [np.ones(3), -2 * radius * np.cos(2 * np.pi * formants / rate), radius**2], axis=1
    )
    sections[:, 0] = sections[:, 3:].sum(axis=1)  # unit gain at 0 Hz
    envelope = np.sqrt(np.hanning(len(source))) * rng.uniform(0.6, 1)
    sound = sosfilt(sections, source) * envelope
    if rng.uniform() < 0.5:
        hiss = np.diff(rng.standard_normal(len(source) // 5 + 1))
        sound[: len(hiss)] += 0.1 * np.abs(sound).max() * hiss * np.hanning(len(hiss))
    return sound
