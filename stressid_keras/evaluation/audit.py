"""What a split that leaks people would have pretended: the same models under a random split, side by side."""

from collections.abc import Sequence

import pandas as pd

from stressid_keras.evaluation.metrics import MAIN, classification_metrics, counted_metrics
from stressid_keras.evaluation.models import in_order
from stressid_keras.evaluation.predictions import probabilities_of


def leakage_audit(honest: pd.DataFrame, leaky: pd.DataFrame, class_names: Sequence[str]) -> dict:
    """Scores of the same models, configuration and number of folds, divided by subject and by recording.

    Args:
        honest: test predictions of a division by subject.
        leaky: the same of a division of the recordings, whoever spoke them.
        class_names: k names.

    Returns:
        For each model in both: `by_subject` and `random`, with the counted metrics and `n_windows`, and `inflation`,
        the macro F1 of the second minus that of the first.
    """
    audit = {}
    for model in in_order(set(honest["model"]) & set(leaky["model"])):
        by_subject, random = (
            _scores(table[table["model"] == model], class_names) for table in (honest, leaky)
        )
        audit[model] = {
            "by_subject": by_subject,
            "random": random,
            "inflation": random[MAIN] - by_subject[MAIN],
        }
    return audit


def _scores(rows: pd.DataFrame, class_names: Sequence[str]) -> dict:
    found = classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
    return {name: found[name] for name in (*counted_metrics(), "n_windows")}
