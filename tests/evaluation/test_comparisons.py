import itertools

import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import classification_metrics, compare_models, model_agreement
from stressid_keras.evaluation.metrics import counted_metrics

NAMES = ("Low", "Medium", "High")


def make_pair(n_subjects, seed, skill=(0.5, 0.5), windows=7, spread=2.0):
    """Two models on the same windows, whose chance to be right varies with the subject, for both alike or not."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=(n_subjects, windows))
    tables = []
    for chance in skill:
        right = rng.beta(chance * spread * 2, (1 - chance) * spread * 2, size=(n_subjects, 1))
        hit = rng.random(labels.shape) < right
        predicted = np.where(hit, labels, (labels + rng.integers(1, 3, size=labels.shape)) % 3).ravel()
        table = pd.DataFrame(
            {
                "recording": np.repeat([f"s{i:03}_Math" for i in range(n_subjects)], windows),
                "subject": np.repeat([f"s{i:03}" for i in range(n_subjects)], windows),
                "window": np.tile(np.arange(windows), n_subjects),
                "label": labels.ravel(),
                "predicted": predicted,
            }
        )
        tables.append(table.join(pd.DataFrame(np.eye(3)[predicted], columns=[f"p_{n}" for n in NAMES])))
    return tables


def score(table, metric):
    return classification_metrics(table["label"], table.filter(like="p_").to_numpy(), NAMES)[metric]


@pytest.mark.parametrize("metric", counted_metrics())
def test_difference_is_that_of_the_scores(metric):
    first, second = make_pair(6, seed=1, skill=(0.8, 0.4))
    found = compare_models(first, second.sample(frac=1, random_state=0), metric)
    assert found["difference"] == pytest.approx(score(first, metric) - score(second, metric))
    assert found["low"] < found["difference"] < found["high"]
    swapped = compare_models(second, first, metric)
    assert swapped["difference"] == pytest.approx(-found["difference"])
    assert swapped["p_value"] == pytest.approx(found["p_value"])
    assert swapped["low"] == pytest.approx(-found["high"])


def test_p_value_equals_that_of_exchanging_whole_subjects_one_by_one():
    first, second = make_pair(5, seed=3, skill=(0.8, 0.5))
    observed = abs(score(first, "macro_f1") - score(second, "macro_f1"))
    reached = 0
    for chosen in itertools.product([False, True], repeat=5):
        swap = first["subject"].map(dict(zip(sorted(set(first["subject"])), chosen, strict=True))).to_numpy()
        ours = pd.concat([first[~swap], second[swap]])
        theirs = pd.concat([second[~swap], first[swap]])
        reached += abs(score(ours, "macro_f1") - score(theirs, "macro_f1")) >= observed - 1e-12
    assert compare_models(first, second)["p_value"] == pytest.approx(reached / 32)


def test_effect_of_an_accuracy_is_the_paired_d_of_the_subjects():
    first, second = make_pair(9, seed=5, skill=(0.7, 0.5))
    hits = [
        (table["label"] == table["predicted"]).groupby(table["subject"]).mean() for table in (first, second)
    ]
    differences = hits[0] - hits[1]
    found = compare_models(first, second, "accuracy")
    assert found["effect_size"] == pytest.approx(differences.mean() / differences.std())
    assert found["subjects_needed"] == np.ceil((1.959964 + 0.841621) ** 2 / found["effect_size"] ** 2)


def test_identical_models_do_not_differ():
    first, _ = make_pair(20, seed=0)
    found = compare_models(first, first)
    assert (found["difference"], found["low"], found["high"], found["p_value"]) == (0, 0, 0, 1)
    assert found["effect_size"] is None
    assert found["subjects_needed"] is None


def test_single_subject_says_nothing_about_others():
    found = compare_models(*make_pair(1, seed=0, skill=(0.9, 0.1)))
    assert found["n_subjects"] == 1
    assert found["low"] is found["p_value"] is found["subjects_needed"] is None


def test_under_no_difference_the_test_is_as_rare_as_it_says_and_the_interval_holds_zero():
    """1,000 sets of 20 people for whom either model is right equally often, person by person by chance."""
    small, held, sets = 0, 0, 1000
    for seed in range(sets):
        found = compare_models(*make_pair(20, seed), n_resamples=500, n_permutations=500, seed=seed)
        small += found["p_value"] <= 0.05
        held += found["low"] <= 0 <= found["high"]
    assert 0.03 <= small / sets <= 0.07
    assert 0.93 <= held / sets <= 0.97


def test_a_large_difference_is_found():
    found = compare_models(*make_pair(20, seed=0, skill=(0.8, 0.4)))
    assert found["low"] > 0
    assert found["p_value"] < 0.01
    assert found["subjects_needed"] <= 20


def test_agreement_is_that_of_the_predicted_classes():
    first, second = make_pair(6, seed=2)
    found = model_agreement(first, second)
    assert found["agreement"] == pytest.approx(np.mean(first["predicted"] == second["predicted"]))
    assert model_agreement(first, first) == {"agreement": 1.0, "kappa": 1.0}
    constant = first.assign(predicted=1)
    assert model_agreement(constant, constant) == {"agreement": 1.0, "kappa": None}


def test_other_windows_or_labels_are_refused():
    first, second = make_pair(4, seed=0)
    for other in (second.iloc[1:], second.assign(label=(second["label"] + 1) % 3)):
        with pytest.raises(StressIDError, match="other windows or labels"):
            compare_models(first, other)
    with pytest.raises(StressIDError, match="no windows"):
        compare_models(first.iloc[:0], second.iloc[:0])
    with pytest.raises(StressIDError, match="'auroc' cannot be resampled"):
        compare_models(first, second, "auroc")
