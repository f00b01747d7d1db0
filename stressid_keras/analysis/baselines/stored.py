"""The features of a prepared folder, computed once and kept in it."""

import importlib.metadata
import io
import json

import numpy as np
import pandas as pd

from stressid_keras.analysis.baselines.features import Progress, baseline_features
from stressid_keras.errors import StaleError
from stressid_keras.preprocessing.window_files import keeping_in
from stressid_keras.provenance import fingerprint, parse_json, write_text
from stressid_keras.store.store import PreparedStore

FEATURES_VERSION = 2  # raised when a feature changes for the same window
FILE = "baseline_features.csv"
_MARK = "# "  # begins the first line, which says what the features were made from


def load_or_compute(
    index, store: PreparedStore, jobs: int = 1, progress: Progress | None = None
) -> pd.DataFrame:
    """`baseline_features`, from `baseline_features.csv` in the prepared folder if that is current.

    Otherwise they are computed and written there. A second process waits for the first and reads what it wrote.

    Args:
        as `baseline_features`.

    Raises:
        StressIDError: as `baseline_features`, or the folder cannot be written.
    """
    try:
        return load_features(store)
    except StaleError:
        pass
    with keeping_in(store):
        try:
            return load_features(store)
        except StaleError:
            save_features(store, baseline_features(index, store, jobs, progress))
    return load_features(store)


def save_features(store: PreparedStore, features: pd.DataFrame) -> None:
    """Write features into the prepared folder, every digit of them; the first line is a comment."""
    table = features.to_csv(index=False)
    write_text(store.path / FILE, f"{_MARK}{json.dumps(_key(store, table))}\n{table}")


def load_features(store: PreparedStore) -> pd.DataFrame:
    """What `save_features` wrote, to the last bit.

    Raises:
        StaleError: there is none, it is damaged, or it was made from other windows or by other versions.
    """
    path = store.path / FILE
    try:
        first, _, table = path.read_text(encoding="utf-8").partition("\n")
        key = parse_json(first.removeprefix(_MARK))
    except (OSError, ValueError) as error:
        raise StaleError(f"{path} cannot be read ({error}); compute the features again.") from None
    if key != _key(store, table):
        raise StaleError(
            f"{path} is damaged or was made from other windows or by other versions; compute the features again."
        )
    features = pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False).replace("", "nan")
    types = dict.fromkeys(features.columns, np.float64) | {"recording": str, "window": np.int64}
    return features.astype(types).set_index(store.manifest.index[store.complete])


def _key(store: PreparedStore, table: str) -> dict:
    return {
        "windows": store.windows_fingerprint,
        "version": FEATURES_VERSION,
        "neurokit2": importlib.metadata.version("neurokit2"),
        "content": fingerprint(table),
    }
