import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import aggregate_recordings, predictions_table

NAMES = ("Low", "Medium", "High")


def windows_of_two_recordings(labels):
    rows = pd.DataFrame(
        {
            "recording": ["s_Math", "s_Relax", "s_Math"],
            "subject": "s",
            "task": ["Math", "Relax", "Math"],
            "window": [0, 0, 1],
            "label": labels,
        }
    )
    return predictions_table("student", "test", rows, [[0.6, 0.4, 0], [0, 0, 1], [0.1, 0.5, 0.4]], NAMES)


def test_a_recording_gets_the_mean_probability_of_its_windows():
    recordings = aggregate_recordings(windows_of_two_recordings([1, 2, 1]))
    assert recordings["recording"].tolist() == ["s_Math", "s_Relax"]
    assert recordings["n_windows"].tolist() == [2, 1]
    assert recordings["predicted"].tolist() == [1, 2]
    np.testing.assert_allclose(recordings[["p_Low", "p_Medium", "p_High"]], [[0.35, 0.45, 0.2], [0, 0, 1]])


def test_a_recording_with_two_labels_is_refused():
    with pytest.raises(StressIDError, match="s_Math has windows with different labels"):
        aggregate_recordings(windows_of_two_recordings([1, 2, 0]))
