"""Baselines learn what there is to learn, are scikit-learn's own, and know nothing of the test rows."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from stressid_keras.analysis.baselines import BASELINES, baseline_probabilities, classifiers
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.models import BASELINE_NAMES

COLUMNS = ("audio_level", "audio_pitch", "ecg_rate", "eda_level", "rr_rate")
SPEECH = ("speech_mean", "speech_std")


@pytest.fixture(autouse=True, scope="module")
def small_forests():
    """Ten trees show what two hundred do, in a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifiers, "TREES", 10)
        yield


def make(n=150, n_classes=3, separation=2.0, seed=0):
    """Features of n windows whose classes are apart, rows of the three parts, and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    values = rng.standard_normal((n, len(COLUMNS))) + separation * labels[:, None]
    features = pd.DataFrame(values * (1, 100, 10, 1e-3, 1), columns=COLUMNS)
    heard = np.random.default_rng([seed, 1]).standard_normal((n, 2)) + 2 * separation * labels[:, None]
    features[list(SPEECH)] = heard
    rows = {"train": np.arange(0, n, 2), "val": np.arange(1, n, 4), "test": np.arange(3, n, 4)}
    return features, rows, labels


def test_names_say_group_and_classifier():
    assert set(BASELINE_NAMES) == set(BASELINES)
    assert BASELINE_NAMES["audio_svm"] == "audio features, SVM"
    assert BASELINE_NAMES["physiology_knn"] == "physiology features, k nearest neighbours"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_baseline_beats_the_majority_where_classes_are_apart(n_classes):
    features, rows, labels = make(n_classes=n_classes)
    found = baseline_probabilities(features, rows, labels, n_classes, seed=0)
    assert list(found) == list(BASELINES)
    for parts in found.values():
        for part, positions in rows.items():
            assert parts[part].shape == (len(positions), n_classes)
            np.testing.assert_allclose(parts[part].sum(axis=1), 1)
        assert balanced_accuracy_score(labels[rows["test"]], parts["test"].argmax(axis=1)) > 0.85


def best_by_hand(build, settings, features, rows, labels):
    """The pipeline, without imputation, that does best on the validation rows; the first of equals."""
    models = [
        make_pipeline(StandardScaler(), build(setting)).fit(features[rows["train"]], labels[rows["train"]])
        for setting in settings
    ]
    scores = [
        balanced_accuracy_score(labels[rows["val"]], model.predict(features[rows["val"]])) for model in models
    ]
    return models[int(np.argmax(scores))]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("separation", [0.3, 1.0])
def test_they_equal_plain_scikit_learn(n_classes, separation):
    features, rows, labels = make(n_classes=n_classes, separation=separation)
    found = baseline_probabilities(features, rows, labels, n_classes, seed=0)
    values = features[["audio_level", "audio_pitch"]].to_numpy()
    logistic = best_by_hand(
        lambda strength: LogisticRegression(C=strength, class_weight="balanced"),
        classifiers.CLASSIFIERS["logistic_regression"].settings,
        values,
        rows,
        labels,
    )
    machine = best_by_hand(
        lambda strength: SVC(C=strength, class_weight="balanced", break_ties=True),
        classifiers.CLASSIFIERS["svm"].settings,
        values,
        rows,
        labels,
    )
    test = values[rows["test"]]
    np.testing.assert_allclose(
        found["audio_logistic_regression"]["test"], logistic.predict_proba(test), atol=1e-4
    )
    np.testing.assert_array_equal(found["audio_svm"]["test"].argmax(axis=1), machine.predict(test))


def test_without_validation_rows_folds_of_the_training_people_choose():
    features, rows, labels = make(separation=0.3)
    subjects = np.arange(len(labels)) // 10
    rows["train"], rows["val"] = np.concatenate([rows["train"], rows["val"]]), rows["val"][:0]
    found = baseline_probabilities(features, rows, labels, 3, 0, subjects)
    values = features[["audio_level", "audio_pitch"]].to_numpy()
    train = rows["train"]
    settings = classifiers.CLASSIFIERS["logistic_regression"].settings
    scores = [
        balanced_accuracy_score(
            labels[train],
            cross_val_predict(
                make_pipeline(StandardScaler(), LogisticRegression(C=strength, class_weight="balanced")),
                values[train],
                labels[train],
                groups=subjects[train],
                cv=GroupKFold(classifiers.INNER_FOLDS),
            ),
        )
        for strength in settings
    ]
    best = LogisticRegression(C=settings[int(np.argmax(scores))], class_weight="balanced")
    expected = make_pipeline(StandardScaler(), best).fit(values[train], labels[train])
    np.testing.assert_allclose(
        found["audio_logistic_regression"]["test"], expected.predict_proba(values[rows["test"]]), atol=1e-4
    )
    assert found["audio_svm"]["val"].shape == (0, 3)


def test_the_temperature_makes_the_probabilities_of_the_svm_fit_the_validation_rows():
    features, rows, labels = make(separation=1.0)
    parts = baseline_probabilities(features, rows, labels, 3, seed=0)["audio_svm"]
    confidence = parts["val"].max(axis=1).mean()
    accuracy = np.mean(parts["val"].argmax(axis=1) == labels[rows["val"]])
    assert confidence == pytest.approx(accuracy, abs=0.1)


def test_test_rows_change_nothing_for_the_others():
    features, rows, labels = make(separation=0.5)
    before = baseline_probabilities(features, rows, labels, 3, seed=0)
    changed, relabelled = features.copy(), labels.copy()
    changed.iloc[rows["test"]] = 1e6
    relabelled[rows["test"]] = 0
    after = baseline_probabilities(changed, rows, relabelled, 3, seed=0)
    for key in BASELINES:
        for part in ("train", "val"):
            np.testing.assert_array_equal(before[key][part], after[key][part])


def test_validation_rows_choose_and_do_not_train():
    features, rows, labels = make(separation=0.5)
    before = baseline_probabilities(features, rows, labels, 3, seed=0)
    rows["val"] = rows["val"][:1]  # every setting is right or wrong on it
    after = baseline_probabilities(features, rows, labels, 3, seed=0)
    classes = {key: before[key]["test"].argmax(axis=1) for key in BASELINES}
    assert any((classes[key] != after[key]["test"].argmax(axis=1)).any() for key in BASELINES)


def test_the_same_seed_gives_the_same_numbers_and_another_other_forests():
    features, rows, labels = make(separation=0.5)
    first, again, other = (baseline_probabilities(features, rows, labels, 3, seed) for seed in (1, 1, 2))
    for key in BASELINES:
        np.testing.assert_array_equal(first[key]["test"], again[key]["test"])
        assert ("forest" in key) == (first[key]["test"] != other[key]["test"]).any()


def test_missing_values_are_filled_from_the_training_rows():
    features, rows, labels = make()
    whole = baseline_probabilities(features, rows, labels, 3, seed=0)
    holed = features.assign(ecg_nothing=np.nan, audio_untrained=1.0)
    holed.loc[rows["train"], "audio_untrained"] = np.nan
    found = baseline_probabilities(holed, rows, labels, 3, seed=0)
    for key in BASELINES:
        np.testing.assert_array_equal(found[key]["test"], whole[key]["test"])
    one = rows["test"][0]
    missing, filled = features.copy(), features.copy()
    missing.loc[one, "audio_pitch"] = np.nan
    filled.loc[one, "audio_pitch"] = features["audio_pitch"].iloc[rows["train"]].median()
    of_missing, of_filled = (
        baseline_probabilities(table, rows, labels, 3, seed=0) for table in (missing, filled)
    )
    for key in BASELINES:
        np.testing.assert_array_equal(of_missing[key]["test"], of_filled[key]["test"])


def test_without_a_value_to_train_on_the_shares_of_the_classes_are_given():
    features, rows, labels = make()
    features.loc[rows["train"], ["audio_level", "audio_pitch"]] = np.nan
    found = baseline_probabilities(features, rows, labels, 3, seed=0)
    shares = np.bincount(labels[rows["train"]], minlength=3) / len(rows["train"])
    np.testing.assert_allclose(found["audio_svm"]["test"], np.tile(shares, (len(rows["test"]), 1)))
    absent = baseline_probabilities(features[["ecg_rate"]], rows, labels, 3, seed=0)
    assert list(absent) == [key for key in BASELINES if key.startswith("physiology")]


def test_a_class_that_was_not_trained_on_has_probability_zero():
    features, rows, labels = make(n_classes=4)
    rows["train"] = rows["train"][labels[rows["train"]] != 1]
    for parts in baseline_probabilities(features, rows, labels, 4, seed=0).values():
        assert (parts["test"][:, 1] == 0).all()
        assert (parts["test"].argmax(axis=1)[labels[rows["test"]] == 3] == 3).mean() > 0.8
    rows["train"] = rows["train"][labels[rows["train"]] == 2]
    for parts in baseline_probabilities(features, rows, labels, 4, seed=0).values():
        np.testing.assert_array_equal(parts["test"], np.tile([0.0, 0.0, 1.0, 0.0], (len(rows["test"]), 1)))


@settings(max_examples=8)
@given(st.data())
def test_tiny_parts_are_survived(data):
    sizes = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(0, 3)))
    n_classes = data.draw(st.integers(2, 4))
    labels = np.array(
        data.draw(st.lists(st.integers(0, n_classes - 1), min_size=sum(sizes), max_size=sum(sizes)))
    )
    values = np.random.default_rng(0).standard_normal((sum(sizes), len(COLUMNS)))
    values[data.draw(st.integers(0, len(values) - 1))] = np.nan
    values[:, 0] = 1.0
    rows = dict(
        zip(("train", "val", "test"), np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:2]), strict=True)
    )
    found = baseline_probabilities(pd.DataFrame(values, columns=COLUMNS), rows, labels, n_classes, seed=0)
    for parts in found.values():
        for part, positions in rows.items():
            assert parts[part].shape == (len(positions), n_classes)
            np.testing.assert_allclose(parts[part].sum(axis=1), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": {"train": [0, 1], "val": []}}, "'val' has no rows"),
        ({"rows": {"val": [0, 1]}}, "'train' has no rows"),
        ({"rows": {"train": [0, 1], "val": [2], "test": [150]}}, "'test' has positions from 150 to 150"),
        ({"rows": {"train": [0, 1], "val": [-1]}}, "'val' has positions from -1"),
        ({"labels": np.zeros(3, int)}, r"labels have shape \(3,\) and features 150 rows"),
        ({"n_classes": 2}, "a label is 2; expected integers from 0 to 1"),
    ],
)
def test_rows_and_labels_that_do_not_fit_are_refused(change, message):
    features, rows, labels = make()
    arguments = {"rows": rows, "labels": labels, "n_classes": 3, "seed": 0} | change
    with pytest.raises(StressIDError, match=message):
        baseline_probabilities(features, **arguments)


def test_no_warning_is_given_where_a_model_does_not_converge():
    features, rows, labels = make(n=40, separation=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        baseline_probabilities(features.assign(audio_wild=np.geomspace(1e-12, 1e12, 40)), rows, labels, 3, 0)
