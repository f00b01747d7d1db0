import pandas as pd
import pytest

from stressid_keras.evaluation.metrics import within_task_balanced_accuracy


def test_within_a_task_its_name_is_worth_nothing():
    """A model that knows the task alone: good over all windows, chance within each task."""
    table = pd.DataFrame(
        {"task": ["Relax"] * 10 + ["Stroop"] * 10, "label": [0] * 8 + [1] * 2 + [1] * 8 + [0] * 2}
    )
    table["predicted"] = (table["task"] == "Stroop").astype(int)
    assert (table["label"] == table["predicted"]).mean() == 0.8
    assert within_task_balanced_accuracy(table) == pytest.approx(0.5)
    assert within_task_balanced_accuracy(table.assign(predicted=table["label"])) == 1
    assert within_task_balanced_accuracy(table[table["label"] == table["predicted"]]) is None
