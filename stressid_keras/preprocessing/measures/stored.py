"""Measures of every window of a prepared folder, computed once and kept in it."""

import importlib.metadata
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.media.speech.settings import STATISTICS
from stressid_keras.modalities import FILM, PHYSIOLOGICAL, RECORDS, SOUND
from stressid_keras.preprocessing.measures.expression import NAMES as EXPRESSION_NAMES
from stressid_keras.preprocessing.measures.physiology import measure_names, physiology_features
from stressid_keras.preprocessing.measures.picture import SIDE, mean_picture, pixel_names
from stressid_keras.preprocessing.measures.stored_expression import (
    FILE,
    expression_key,
    expressions,
)
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.sources import is_image
from stressid_keras.preprocessing.window_files import cut, keeping_in, reading, recordings_of
from stressid_keras.preprocessing.worker_processes import results_of
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.store.store import PreparedStore

VERSION = 1  # raised when the same window gives other measures

Progress = Callable[[int, int], None]  # recordings done, recordings in all


def measures_key(store: PreparedStore, video: str = "picture") -> str:
    """What the measures of a prepared folder depend on.

    Args:
        video: `TeacherConfig.video_measures`.
    """
    others = [] if video == "picture" else [video, expression_key(store)]
    return fingerprint(store.windows_fingerprint, importlib.metadata.version("neurokit2"), VERSION, *others)


def load_or_compute_measures(
    index, store: PreparedStore, jobs: int = 1, progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Measures of every window, from `measures.npz` in the prepared folder if that is current.

    Of a signal `physiology_features`, of a film `mean_picture`. Otherwise they are computed and written there. A second
    process waits for the first and reads what it wrote. The numbers are the same whatever `jobs`.

    Args:
        index: the `DatasetIndex` that the store was prepared from.
        jobs: processes; 1 works in this one.
        progress: called with (recordings done, recordings in all) where there is something to compute.

    Returns:
        By modality, float64 (len(store), n); NaN where a window lacks it, or a signal has an image in its place.

    Raises:
        StressIDError: a recording is not in the index, its files can no longer be read, or the folder cannot be
            written.
    """
    path, key = store.path / FILE, measures_key(store)
    if (found := _stored(path, key)) is None:
        with keeping_in(store):
            if (found := _stored(path, key)) is None:
                found = _computed(index, store, jobs, progress)
                others = expressions(read_arrays(path) or {})
                write_arrays(path, {"key": np.array(key), **found, **others})
    return found


def signal_table(measures: Mapping[str, np.ndarray], index: pd.Index) -> pd.DataFrame:
    """The measures of all signals, a named column each, for the windows of an index."""
    tables = [pd.DataFrame(measures[name], index, measure_names(name)) for name in PHYSIOLOGICAL]
    return pd.concat(tables, axis=1)


def column_names(modality: str, video_measures: str = "picture") -> list[str]:
    """Names of the measures of a modality, in the order of their columns; of sound, of the speech encoder's statistics.

    Args:
        video_measures: of a film, as `TeacherConfig` has it.
    """
    if modality in PHYSIOLOGICAL:
        return measure_names(modality)
    if RECORDS[modality].media == SOUND:
        return [f"{modality}_statistic_{number}" for number in range(STATISTICS)]
    if video_measures == "landmarks":
        return [f"{modality}_{name}" for name in EXPRESSION_NAMES]
    return pixel_names(modality)


def relative_to_person(values: np.ndarray, subjects) -> np.ndarray:
    """(n, d) minus their mean over the rows of the same person; NaN stays, and counts for no mean."""
    table = pd.DataFrame(values)
    return (table - table.groupby(np.asarray(subjects)).transform("mean")).to_numpy()


def _widths() -> dict[str, int]:
    films = {name: SIDE**2 for name, record in RECORDS.items() if record.media == FILM}
    return films | {name: len(measure_names(name)) for name in PHYSIOLOGICAL}


def _stored(path: Path, key: str) -> dict[str, np.ndarray] | None:
    arrays = read_arrays(path)
    if arrays is None or str(arrays.pop("key", "")) != key:
        return None
    others = expressions(arrays)
    return {name: values for name, values in arrays.items() if name not in others}


def _computed(index, store: PreparedStore, jobs: int, progress: Progress | None) -> dict[str, np.ndarray]:
    import joblib

    widths = _widths()
    measured = np.any([store.has(name) for name in widths], axis=0)
    rows = pd.Series(np.flatnonzero(measured))
    by_recording = rows.groupby(store.manifest["recording"].to_numpy()[measured], sort=False)
    recordings = recordings_of(index, store, by_recording.groups)
    calls = [
        joblib.delayed(_of_recording)(store, recordings[name], some.tolist()) for name, some in by_recording
    ]
    found = {name: np.full((len(store), width), np.nan) for name, width in widths.items()}
    for done, values in enumerate(results_of(calls, jobs), start=1):
        for row, name, measures in values:
            found[name][row] = measures
        if progress:
            progress(done, len(calls))
    return found


def _of_recording(store: PreparedStore, recording, rows: list[int]) -> list[tuple[int, str, np.ndarray]]:
    """Row, modality and measures, of what there is."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    quality, found = store.config.quality, []
    rate, reader = quality.signal_rate, SignalReader(recording, quality)
    films = [name for name, record in RECORDS.items() if record.media == FILM]
    raw = [
        name for name in PHYSIOLOGICAL if name in recording.sources and not is_image(recording.sources[name])
    ]
    # sums in another order would have other last digits
    with reading(recording), threadpool_limits(1):
        signals = {name: reader.samples(name) for name in raw}
        for row in rows:
            window, here = store.manifest.iloc[row], {name: store.has(name)[row] for name in (*films, *raw)}
            found += [(row, name, mean_picture(store.read(row, name))) for name in films if here[name]]
            pieces = {name: cut(signals[name], window, name, rate) for name in raw if here[name]}
            measures = physiology_features(pieces, rate, quality)
            found += [
                (row, name, np.array([measures[each] for each in measure_names(name)])) for name in pieces
            ]
    return found
