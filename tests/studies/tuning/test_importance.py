import numpy as np

from stressid_keras.studies.tuning.importance import importances


def test_what_the_score_depends_on_comes_first():
    random = np.random.default_rng(0)
    values = [
        {"rate": float(r), "backbone": str(b), "width": float(w)}
        for r, b, w in zip(random.random(60), random.choice(["a", "b"], 60), random.random(60), strict=True)
    ]
    scores = [each["rate"] + 0.3 * (each["backbone"] == "b") for each in values]
    found = importances(values, scores)
    assert list(found) == ["rate", "backbone", "width"]
    assert found["width"] < 0.05
    np.testing.assert_allclose(sum(found.values()), 1)


def test_few_trials_and_equal_scores_say_nothing():
    assert importances([{"rate": 1.0}] * 9, list(range(9))) is None
    assert importances([{"rate": float(n)} for n in range(12)], [0.5] * 12) is None


def test_a_value_that_some_trials_lack_is_one_of_its_own():
    values = [{"method": "mars", "alpha": 1.0} if n % 2 else {"method": "control"} for n in range(20)]
    found = importances(values, [n % 2 for n in range(20)])
    assert set(found) == {"method", "alpha"}


def test_scores_by_chance_depend_on_nothing():
    random = np.random.default_rng(0)
    for _ in range(2):
        values = [{"rate": rate, "dropout": drop} for rate, drop in random.random((14, 2))]
        found = importances(values, random.normal(size=14))
        assert found is None
