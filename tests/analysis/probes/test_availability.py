import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from stressid_keras.analysis.probes import availability_probabilities, score_availability
from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import MODALITIES

NAMES = ("Low", "Medium", "High")


def recordings(rows):
    """A table of (subject, label, modalities that exist)."""
    table = pd.DataFrame(
        [(f"{s}_Task{n}", s, f"Task{n}", label) for n, (s, label, _) in enumerate(rows)],
        columns=["recording", "subject", "task", "label"],
    )
    return table.assign(**{m: [m in held for _, _, held in rows] for m in MODALITIES})


ALL, SILENT, SIGNALS = set(MODALITIES), set(MODALITIES) - {"audio"}, {"ecg", "eda", "rr"}


@pytest.fixture(scope="module")
def silent_calm_tree(tmp_path_factory):
    """A tree in which the audio of the class Low is missing, but for one subject."""
    root = make_synthetic_tree(
        tmp_path_factory.mktemp("trees") / "silent", SyntheticConfig(subjects=8, tasks=6, seconds=2.0)
    )
    table = index_dataset(root, DatasetConfig()).availability
    for _, row in table[(table["label"] == 0) & (table["subject"] != table["subject"].iloc[0])].iterrows():
        (root / "Audio" / row["subject"] / f"{row['recording']}.wav").unlink()
    return root


def halves(subjects):
    subjects = sorted(set(subjects))
    middle = len(subjects) // 2
    return [(subjects[:middle], subjects[middle:]), (subjects[middle:], subjects[:middle])]


def test_labels_that_leak_into_the_presence_of_audio_are_found_without_reading_a_file(silent_calm_tree):
    table = index_dataset(silent_calm_tree, DatasetConfig()).availability
    score = score_availability(table, halves(table["subject"]), NAMES, seed=0)
    guesses = np.random.default_rng(0).integers(3, size=len(table))
    assert score["macro_f1"] > f1_score(table["label"], guesses, average="macro") + 0.1
    assert score["macro_f1"] > score["majority_macro_f1"] + 0.2
    assert score["macro_f1_interval"][0] > score["majority_macro_f1"]
    assert score["n_recordings"] == 48
    assert score["n_subjects"] == 8


def test_the_same_tree_with_all_its_files_scores_as_the_majority(tiny_tree):
    table = index_dataset(tiny_tree, DatasetConfig()).availability
    assert table[list(MODALITIES)].all(axis=None)
    score = score_availability(table, halves(table["subject"]), NAMES, seed=0)
    assert score["macro_f1"] == score["majority_macro_f1"]


def test_the_most_frequent_class_of_the_same_pattern_is_predicted():
    train = recordings(
        [("a", 0, ALL), ("a", 2, SILENT), ("a", 2, SILENT), ("a", 1, SILENT), ("b", 0, ALL), ("b", 0, ALL)]
    )
    test = recordings([("c", 1, ALL), ("c", 1, SILENT), ("c", 1, SIGNALS)])
    np.testing.assert_allclose(
        availability_probabilities(train, test, 3), [[1, 0, 0], [0, 1 / 3, 2 / 3], [3 / 6, 1 / 6, 2 / 6]]
    )


def test_a_tie_goes_to_the_lower_class():
    train = recordings([("a", 2, ALL), ("a", 1, ALL)])
    assert availability_probabilities(train, train, 3).argmax(axis=1).tolist() == [1, 1]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.sets(st.sampled_from(MODALITIES)))),
    st.integers(0, 2),
)
def test_the_label_of_a_recording_to_predict_is_never_looked_at(rows, label):
    train = recordings([("z", 1, ALL), ("z", 2, SILENT)])
    test = recordings(rows)
    found = availability_probabilities(train, test, 3)
    np.testing.assert_array_equal(found, availability_probabilities(train, test.assign(label=label), 3))
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_file_that_could_not_be_used_counts_as_absent():
    table = recordings([(s, label, ALL) for s in "abcd" for label in (0, 1, 2, 2)])
    folds = [("ab", "cd"), ("cd", "ab")]
    before = score_availability(table, folds, NAMES, seed=0)
    failures = pd.DataFrame(
        {
            "recording": table.loc[table["label"] == 0, "recording"],
            "modality": "audio",
            "reason": "The waveform is silent.",
        }
    )
    after = score_availability(table, folds, NAMES, seed=0, failures=failures)
    assert before["accuracy"] == 0.5
    assert after["accuracy"] == 0.75
    assert table[list(MODALITIES)].all(axis=None)  # the caller's table is left as it was


def test_a_single_subject_has_no_interval_and_subjects_unknown_to_the_table_are_passed_over():
    table = recordings([(s, label, ALL) for s in "ab" for label in (0, 1)])
    score = score_availability(table, [("a", "b"), ("a", ["elsewhere"])], NAMES, seed=0)
    assert score["macro_f1_interval"] == [None, None]
    assert score["n_recordings"] == 2


def test_overlapping_folds_and_folds_without_recordings_are_refused():
    table = recordings([("a", 0, ALL), ("b", 1, ALL)])
    with pytest.raises(StressIDError, match="subject a is"):
        score_availability(table, [("ab", "a")], NAMES, seed=0)
    with pytest.raises(StressIDError, match="no fold"):
        score_availability(table, [("a", "x")], NAMES, seed=0)
    with pytest.raises(StressIDError, match="no training"):
        score_availability(table, [("x", "a")], NAMES, seed=0)
