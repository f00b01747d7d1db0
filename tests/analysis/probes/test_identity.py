import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.analysis.probes import identity, identity_probe
from stressid_keras.errors import StressIDError

UNDEFINED = {"accuracy": None, "chance": None, "times_chance": None}


def test_features_that_tell_people_apart_are_far_above_chance(people):
    score = identity_probe(*people(np.random.default_rng(0), 12, traits=10, strength=4))
    assert score["accuracy"] > 0.95
    assert score["times_chance"] == score["accuracy"] / score["chance"] > 8
    assert score["n_subjects"] == 12


def test_features_without_a_person_in_them_are_at_chance_although_people_have_unequal_numbers_of_windows():
    """Balanced over subjects, a neighbour at random is right 1 time in n, whatever the counts would suggest."""
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(60):
        counts = rng.integers(2, 40, size=6)
        subjects = np.repeat(list("abcdef"), counts)
        recordings = np.arange(len(subjects)) // 2
        ratios.append(identity_probe(rng.normal(size=(len(subjects), 5)), subjects, recordings))
    found, chance = (np.mean([r[name] for r in ratios]) for name in ("accuracy", "chance"))
    assert found == pytest.approx(chance, abs=0.012)


def test_chance_is_what_a_blind_neighbour_from_the_other_recordings_gets():
    score = identity_probe(np.eye(7), list("aaaabbb"), list("1123456"))
    # a: two windows of one recording may find 2 of 5, two of their own 3 of 6; b: 2 of 6.
    assert score["chance"] == pytest.approx(((2 * 2 / 5 + 2 * 3 / 6) / 4 + 2 / 6) / 2)


def test_windows_of_the_same_recording_are_never_compared():
    rng = np.random.default_rng(0)
    features = np.repeat(rng.normal(size=(6, 4)), 5, axis=0)  # windows of a recording are all alike
    score = identity_probe(features, np.repeat(list("aabbcc"), 5), np.repeat(list("123456"), 5))
    shuffled = identity_probe(features[::5], list("aabbcc"), list("123456"))
    assert score["accuracy"] == shuffled["accuracy"]


def test_features_that_never_vary_are_exactly_at_chance():
    score = identity_probe(np.full((8, 3), 0.1), list("aaaaabbb"), list("11234567"))
    assert score["times_chance"] == pytest.approx(1)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_of_a_column_does_not_matter(people, unit):
    features, *names = people(np.random.default_rng(1), 6, traits=5, strength=1)
    scaled = features * np.where(np.arange(features.shape[1]) % 2, unit, 1)
    assert identity_probe(scaled, *names)["accuracy"] == identity_probe(features, *names)["accuracy"]


def test_subjects_with_one_recording_are_left_out_and_fewer_than_two_others_give_no_score(people):
    features, subjects, recordings = people(
        np.random.default_rng(2), 3, traits=5, strength=1, recordings=(3, 3)
    )
    single = [*features, features[0]], [*subjects, "single"], [*recordings, "r"]
    assert identity_probe(*single)["n_windows"] == len(features)
    first = subjects == subjects[0]
    alone = identity_probe(features[first], subjects[first], recordings[first])
    assert alone == UNDEFINED | {"n_subjects": 1, "n_windows": 3}
    assert identity_probe(np.zeros((0, 4)), [], []) == UNDEFINED | {"n_subjects": 0, "n_windows": 0}


@settings(max_examples=40)
@given(
    st.integers(0, 12),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_holes_in_the_features_are_no_trouble(rows, columns, seed, hole):
    rng = np.random.default_rng(seed)
    features = np.where(rng.random((rows, columns)) < 0.3, hole, rng.integers(3, size=(rows, columns)))
    score = identity_probe(features, rng.choice(list("ab"), rows), rng.choice(list("123"), rows))
    if score["accuracy"] is not None:
        assert 0 <= score["accuracy"] <= 1
        assert 0 < score["chance"] < 1


def test_names_that_do_not_fit_the_features_are_refused():
    with pytest.raises(StressIDError, match=r"shape \(2, 3\)"):
        identity_probe(np.zeros((2, 3)), ["a"], ["1", "2"])


def test_distances_are_the_same_some_rows_at_a_time(people, monkeypatch):
    tables = (
        people(np.random.default_rng(3), 5, traits=5, strength=1),
        (np.eye(7), list("aaaabbb"), list("1123456")),
    )
    whole = [identity_probe(*table) for table in tables]
    monkeypatch.setattr(identity, "MOST_DISTANCES", 20)
    assert [identity_probe(*table) for table in tables] == whole
