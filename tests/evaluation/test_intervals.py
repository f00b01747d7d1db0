import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import bootstrap_interval, classification_metrics
from stressid_keras.evaluation.intervals import expanded_tail, resample_subjects
from stressid_keras.evaluation.metrics import counted_metrics

NAMES = ("Low", "Medium", "High")


def random_predictions(n_subjects, n_windows, seed=0):
    """Subjects with their own number of windows, class preference and skill."""
    rng = np.random.default_rng(seed)
    tables = []
    for index in range(n_subjects):
        n = int(rng.integers(1, n_windows + 1))
        labels = rng.choice(3, size=n, p=rng.dirichlet([1, 1, 1]))
        predicted = np.where(rng.random(n) < rng.random(), labels, rng.integers(3, size=n))
        table = pd.DataFrame({"subject": f"s{index:03}", "label": labels, "predicted": predicted})
        tables.append(table.join(pd.DataFrame(np.eye(3)[predicted], columns=[f"p_{name}" for name in NAMES])))
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("metric", counted_metrics())
def test_interval_equals_scoring_every_resample_of_subjects_by_scikit_learn(metric):
    predictions = random_predictions(n_subjects=5, n_windows=6)
    by_subject = [rows for _, rows in predictions.groupby("subject")]
    values = []
    for draw in resample_subjects(5, 60, seed=7):
        rows = pd.concat([by_subject[index] for index in draw])
        scores = classification_metrics(rows["label"], rows.filter(like="p_").to_numpy(), NAMES)
        values.append(scores[metric])
    tail = expanded_tail(5, 0.95)
    expected = np.quantile(values, [tail, 1 - tail])
    found = bootstrap_interval(predictions, metric, n_resamples=60, seed=7)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_order_of_rows_does_not_matter_and_the_seed_does():
    predictions = random_predictions(8, 7)
    interval = bootstrap_interval(predictions, "macro_f1", seed=1)
    assert bootstrap_interval(predictions.sample(frac=1, random_state=0), "macro_f1", seed=1) == interval
    assert bootstrap_interval(predictions, "macro_f1", seed=2) != interval


def test_subjects_are_drawn_rather_than_windows():
    """Every window ten times over is no more people: the interval stays."""
    predictions = random_predictions(8, 7)
    repeated = pd.concat([predictions] * 10)
    assert bootstrap_interval(repeated, "accuracy") == pytest.approx(
        bootstrap_interval(predictions, "accuracy")
    )


def test_constant_predictor_has_chance_uar_without_spread():
    labels = np.tile([0, 1, 2], 6)
    table = pd.DataFrame({"subject": np.repeat(list("abcdef"), 3), "label": labels, "predicted": 1})
    table = table.assign(p_Low=0.0, p_Medium=1.0, p_High=0.0)
    assert bootstrap_interval(table, "balanced_accuracy") == pytest.approx((1 / 3, 1 / 3))


def test_single_subject_has_no_interval():
    assert np.isnan(bootstrap_interval(random_predictions(1, 7), "accuracy")).all()


def test_more_subjects_or_less_confidence_make_it_narrower():
    def width(n_subjects, confidence=0.95):
        low, high = bootstrap_interval(random_predictions(n_subjects, 7), "accuracy", confidence=confidence)
        return high - low

    assert width(200) < width(50) < width(8)
    assert width(50, confidence=0.5) < width(50)


def test_expansion_vanishes_with_many_subjects():
    assert expanded_tail(8, 0.95) == pytest.approx(0.00573, abs=1e-5)
    assert expanded_tail(100_000, 0.95) == pytest.approx(0.025, abs=1e-5)


def test_it_holds_the_truth_about_as_often_as_it_says():
    """1,000 sets of 20 people whose own accuracy varies: the population's is .6."""
    rng = np.random.default_rng(0)
    held = 0
    for index in range(1000):
        hits = rng.random((20, 7)) < rng.beta(6, 4, size=(20, 1))
        table = pd.DataFrame(
            {"subject": np.repeat(np.arange(20), 7), "label": 1, "predicted": hits.ravel() * 1}
        )
        low, high = bootstrap_interval(table.assign(p_No=0.0, p_Yes=0.0), "accuracy", 400, seed=index)
        held += low <= 0.6 <= high
    assert 0.93 <= held / 1000 <= 0.97


def test_unknown_metric_and_no_windows_are_refused():
    with pytest.raises(StressIDError, match="'auroc' cannot be resampled"):
        bootstrap_interval(random_predictions(3, 3), "auroc")
    with pytest.raises(StressIDError, match="no windows"):
        bootstrap_interval(random_predictions(3, 3).iloc[:0], "accuracy")
