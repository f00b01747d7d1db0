"""Predictions of the same windows, clean and corrupted."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import softmax

from stressid_keras.analysis.hearing import Ear, ear_of
from stressid_keras.analysis.robustness.corruption import CLEAN, Conditions, corrupt, levels_for
from stressid_keras.config import CORRUPTIONS, AudioConfig, QualityConfig, RobustnessConfig
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.predictions import predictions_table
from stressid_keras.media.sound.waveform import peak_deviation, within_full_scale, without_offset
from stressid_keras.provenance import fingerprint

Voices = Sequence[tuple[str, np.ndarray]]  # subject and waveform of each recording


def robustness_predictions(
    networks: Mapping[str, "keras.Model"],  # noqa: F821  Keras is not imported for its name
    windows: Iterable[tuple[Mapping | pd.Series, np.ndarray]],
    babble_sources: Voices,
    audio_config: AudioConfig,
    class_names: Sequence[str],
    config: RobustnessConfig,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Predict every window as it is and after each corruption at each level.

    All networks get the same waveforms. One window at a time is in memory, with what is heard of its
    corrupted versions.

    Args:
        networks: students by the name of their model; see `hearing`.
        windows: manifest row (`recording`, `subject`, `task`, `window`, `label`) and (n,) float32 in [-1, 1] at
            `audio_config.sample_rate` of each; see `window_waveforms`.
        babble_sources: subject and waveform of recordings; a window's own subject is never among its voices.
        class_names: k names.
        seed: of the run.
        progress: called after each window with the number of windows done.

    Returns:
        A table of `predictions_table` of the split "test", a row per model, window, corruption and level, with three
        more columns before `label`: `corruption`, a key of `CORRUPTIONS` or "clean"; `level`, in its unit, 0 if
        clean; `silent`, 1 where the corruption left silence, so that the window was kept as it is.

    Raises:
        StressIDError: no windows, a window that is silent or not finite, babble without another person.
    """
    tables, ears = [], {model: ear_of(network, audio_config) for model, network in networks.items()}
    kinds = {ear.name: ear for ear in ears.values()}
    for done, (row, waveform) in enumerate(windows, start=1):
        clean = _checked(waveform, row["recording"])
        versions = _versions(row, clean, babble_sources, audio_config, config, seed, kinds)
        for model, network in networks.items():
            sounds = [heard[ears[model].name] for *_, heard in versions]
            probabilities = _predict(network, ears[model], sounds, config.batch_size)
            tables.append(_table(model, row, versions, probabilities, class_names))
        if progress:
            progress(done)
    if not tables:
        raise StressIDError("there are no windows with a waveform; expected at least one, and one network.")
    return pd.concat(tables, ignore_index=True)


def _checked(waveform: np.ndarray, recording: str) -> np.ndarray:
    waveform = np.asarray(waveform, dtype=np.float32)
    peak = np.abs(waveform).max(initial=0.0)
    if not (
        peak <= 1 and peak_deviation(waveform) >= QualityConfig.silence_peak
    ):  # a NaN compares as neither
        raise StressIDError(
            f"a window of {recording} has peak {peak:.1e}; expected a waveform from "
            f"{QualityConfig.silence_peak:.1e} to full scale 1, as preparation reads it."
        )
    return within_full_scale(without_offset(waveform))  # noise is added in relation to the sound alone


def _versions(row, clean, babble_sources, audio_config, config, seed, ears) -> list[tuple]:
    """(corruption, level, silent, what each kind of ear hears) of a window, the clean one first."""

    def heard(waveform):
        return {name: ear.heard(ear.picture(waveform)) for name, ear in ears.items()}

    heard_clean = heard(clean)
    versions = [(CLEAN, 0.0, 0, heard_clean)]
    for name, level in levels_for(len(clean), audio_config.sample_rate, config):
        generator = _generator(seed, row, name, level)
        voices = (
            _voices(babble_sources, row, config.n_voices, generator) if CORRUPTIONS[name].needs_voices else ()
        )
        conditions = Conditions(audio_config.sample_rate, generator, voices, config)
        corrupted = corrupt(clean, name, level, conditions)
        silent = corrupted is None
        versions.append((name, level, int(silent), heard_clean if silent else heard(corrupted)))
    return versions


def _generator(seed: int, row, name: str, level: float) -> np.random.Generator:
    """Depends on what it is for alone, not on what was drawn before."""
    key = fingerprint(str(row["recording"]), int(row["window"]), name, float(level))
    return np.random.default_rng([seed, int(key, 16)])


def _voices(sources: Voices, row, n_voices: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Recordings of other subjects, a second one of the same subject only when all have been drawn once."""
    others = [(subject, waveform) for subject, waveform in sources if str(subject) != str(row["subject"])]
    if not others:
        raise StressIDError(
            f"there is no other person to babble beside subject {row['subject']}; "
            "expected recordings of at least two subjects, or babble levels ()."
        )
    drawn, times = [], {}
    for index in generator.permutation(len(others)):
        subject, waveform = others[index]
        times[subject] = times.get(subject, 0) + 1
        drawn.append((times[subject], waveform))
    drawn.sort(key=lambda item: item[0])
    return [waveform for _, waveform in drawn[:n_voices]]


def _predict(network, ear: Ear, sounds: list[np.ndarray], batch_size: int) -> np.ndarray:
    """Probabilities (n, k) float64, in batches of like length so that little is padding."""
    order = sorted(range(len(sounds)), key=lambda index: len(sounds[index]))
    logits = {}
    for first in range(0, len(order), batch_size):
        some = order[first : first + batch_size]
        filled = some + some[-1:] * (batch_size - len(some))  # a smaller batch would be another shape
        found = network.predict_on_batch(ear.batch([sounds[index] for index in filled]))["logits"]
        logits.update(zip(filled, found, strict=True))
    return softmax(np.array([logits[index] for index in range(len(sounds))], dtype=np.float64), axis=1)


def _table(model: str, row, versions: list[tuple], probabilities: np.ndarray, class_names) -> pd.DataFrame:
    rows = pd.DataFrame([dict(row)] * len(versions))
    table = predictions_table(model, "test", rows, probabilities, class_names)
    names, levels, silent, _ = zip(*versions, strict=True)
    place = table.columns.get_loc("label")
    for offset, (column, values) in enumerate((("corruption", names), ("level", levels), ("silent", silent))):
        table.insert(place + offset, column, list(values))
    return table
