"""A window in few numbers that have names: what is measured of signals, and a face small enough to be compared."""

from stressid_keras.preprocessing.measures.physiology import measure_names, physiology_features
from stressid_keras.preprocessing.measures.stored import (
    column_names,
    load_or_compute_measures,
    measures_key,
    relative_to_person,
    signal_table,
)
from stressid_keras.preprocessing.measures.stored_expression import load_or_compute_expression

__all__ = [
    "column_names",
    "load_or_compute_expression",
    "load_or_compute_measures",
    "measure_names",
    "measures_key",
    "physiology_features",
    "relative_to_person",
    "signal_table",
]
