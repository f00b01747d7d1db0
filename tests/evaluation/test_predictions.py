import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import DatasetError, StressIDError
from stressid_keras.evaluation import predictions_table, probabilities_of, read_predictions, write_predictions


def test_table_holds_the_probabilities_and_the_class_they_favour(manifest, class_names):
    probabilities = np.random.default_rng(0).dirichlet([1, 1, 1], size=len(manifest)).astype(np.float32)
    table = predictions_table("student", "test", manifest, probabilities, class_names)
    np.testing.assert_array_equal(probabilities_of(table, class_names), probabilities)
    np.testing.assert_array_equal(table["predicted"], probabilities.argmax(axis=1))
    assert table["label"].tolist() == manifest["label"].tolist()


def test_reading_gives_back_what_was_written_and_subjects_that_look_like_numbers(tmp_path, run):
    predictions, _, _ = run
    write_predictions(tmp_path / "predictions.csv", predictions)
    pd.testing.assert_frame_equal(read_predictions(tmp_path / "predictions.csv"), predictions)
    assert {"0012", "2e45"} <= set(predictions["subject"])


@pytest.mark.parametrize(
    ("model", "split", "probabilities", "said"),
    [
        ("oracle", "test", np.ones((36, 3)), "'oracle' is unknown"),
        ("student", "holdout", np.ones((36, 3)), "'holdout' is unknown"),
        ("student", "test", np.ones((36, 2)), r"shape \(36, 2\) on test; expected \(36, 3\)"),
        ("student", "test", np.full((36, 3), np.nan), "not finite on 36 windows"),
    ],
)
def test_unusable_predictions_are_refused(manifest, class_names, model, split, probabilities, said):
    with pytest.raises(StressIDError, match=said):
        predictions_table(model, split, manifest, probabilities, class_names)


def test_a_file_that_is_no_predictions_table_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_predictions(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_text("model,split\nstudent,test\n")
    with pytest.raises(DatasetError, match="no column 'recording'"):
        read_predictions(tmp_path / "other.csv")
    columns = "model,split,recording,subject,task,window,label,predicted,p_Low"
    (tmp_path / "broken.csv").write_text(f"{columns}\nstudent,test,a_Math,a,Math,0,0,0,much\n")
    with pytest.raises(DatasetError, match=r"broken\.csv cannot be read"):
        read_predictions(tmp_path / "broken.csv")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("p_Low", "nan", "line 3: found probabilities that are not shares of 1"),
        ("p_Low", "-0.5", "probabilities that are not shares"),
        ("p_Low", "1e300", "probabilities that are not shares"),
        ("p_Low", "inf", "probabilities that are not shares"),
        ("label", "7", "a label that is no class"),
        ("label", "99999999999999999999", "cannot be read"),
        ("label", "-1", "a label that is no class"),
        ("predicted", "1", "another prediction than its probabilities favour"),
    ],
)
def test_a_row_that_is_no_prediction_is_refused(tmp_path, column, value, said):
    rows = [
        {"p_Low": "0.5", "p_Medium": "0.25", "p_High": "0.25", "label": "2", "predicted": "0"}
        for _ in range(3)
    ]
    rows[1][column] = value
    table = pd.DataFrame(rows).assign(
        model="student", split="test", recording="a_Math", subject="a", task="Math", window=0
    )
    table.to_csv(tmp_path / "predictions.csv", index=False)
    with pytest.raises(DatasetError, match=said):
        read_predictions(tmp_path / "predictions.csv")
