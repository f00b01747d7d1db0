"""One answer a recording, from those on its windows."""

import pandas as pd

from stressid_keras.errors import StressIDError


def aggregate_recordings(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row per model and recording: the mean of its windows' probabilities, and the class they favour.

    Args:
        predictions: a table of `predictions_table`, or several of them together.

    Returns:
        The same columns, with `n_windows` in the place of `window`, in the order of first appearance; with `repeat` and
        `fold`, one row for each of them.

    Raises:
        StressIDError: the windows of a recording carry different labels.
    """
    probability_names = [name for name in predictions if name.startswith("p_")]
    keys = ["recording", "model", "split", "subject", "task"]
    keys += [name for name in ("repeat", "fold") if name in predictions]
    groups = predictions.groupby(keys, sort=False)
    mixed = groups["label"].nunique() > 1
    if mixed.any():
        recording = mixed[mixed].index[0][0]
        raise StressIDError(f"{recording} has windows with different labels; expected one label a recording.")
    table = groups.agg(n_windows=("window", "size"), label=("label", "first"))
    means = groups[probability_names].mean()
    table["predicted"] = means.to_numpy().argmax(axis=1)
    return table.join(means).reset_index()
