import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import floor_predictions
from stressid_keras.evaluation.floors import lookup_shares

TRAIN = pd.DataFrame(
    {"task": ["Math", "Math", "Math", "Relax", "Relax", "Stroop"], "label": [2, 2, 0, 0, 0, 0]}
)


def test_majority_and_task_lookup_follow_the_training_rows():
    test = pd.DataFrame({"task": ["Math", "Relax", "Unseen"]})
    floors = floor_predictions(TRAIN, test, 3)
    np.testing.assert_array_equal(floors["majority"], np.eye(3)[[0, 0, 0]])
    np.testing.assert_array_equal(floors["task_lookup"], np.eye(3)[[2, 0, 0]])


def test_the_prior_is_the_class_shares_of_the_training_rows():
    floors = floor_predictions(TRAIN, pd.DataFrame({"task": ["Math", "Unseen"]}), 3)
    np.testing.assert_allclose(floors["prior"], [[4 / 6, 0, 2 / 6]] * 2)
    np.testing.assert_array_equal(floors["prior"].argmax(axis=1), floors["majority"].argmax(axis=1))


def test_test_labels_are_never_looked_at():
    test = pd.DataFrame({"task": ["Math", "Relax", "Unseen"], "label": [0, 1, 2]})
    expected = floor_predictions(TRAIN, test, 3)
    for labels in ([2, 2, 2], [1, 0, 1], [np.nan, np.nan, np.nan]):
        found = floor_predictions(TRAIN, test.assign(label=labels), 3)
        for floor in expected:
            np.testing.assert_array_equal(found[floor], expected[floor])


def test_a_tie_goes_to_the_lower_class():
    train = pd.DataFrame({"task": ["Math", "Math"], "label": [2, 1]})
    floors = floor_predictions(train, pd.DataFrame({"task": ["Math"]}), 3)
    assert [floors[floor].argmax() for floor in ("majority", "task_lookup")] == [1, 1]


def test_no_training_rows_or_foreign_labels_are_refused():
    with pytest.raises(StressIDError, match="no training windows"):
        floor_predictions(TRAIN.iloc[:0], TRAIN, 3)
    with pytest.raises(StressIDError, match="outside 0 to 1"):
        floor_predictions(TRAIN, TRAIN, 2)


def test_shares_are_looked_up_by_key_and_are_those_of_all_rows_where_the_key_is_new():
    found = lookup_shares(["x", "x", "y"], [0, 2, 2], ["y", "x", "z"], 3)
    np.testing.assert_allclose(found, [[0, 0, 1], [1 / 2, 0, 1 / 2], [1 / 3, 0, 2 / 3]])
    assert lookup_shares(["x"], [0], [], 3).shape == (0, 3)
