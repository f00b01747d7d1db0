"""Which measures are kept: those that audio can predict of others, and that have to do with the label."""

import numpy as np
import pytest
from scipy.stats import f_oneway
from sklearn.metrics import r2_score

from stressid_keras.distillation import heard_measures
from stressid_keras.distillation.heard_measures import Judged, judged_measures

PEOPLE = np.repeat(np.arange(20), 6)
BOTH, HEARD, NEEDED, NEITHER, PERSONAL = range(5)


@pytest.fixture(scope="module")
def data():
    """Audio of 8 numbers, five measures and labels; the last measure is a person's own, as is some of the audio."""
    generator = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 40)
    state, other, unheard = (labels - 1.0), generator.normal(size=120), generator.normal(size=120)
    person = generator.normal(size=20)[PEOPLE]
    heard = np.stack([state, other, person] * 2 + [unheard * 0, generator.normal(size=120)], axis=1)
    heard += 0.3 * generator.normal(size=heard.shape)
    heard[:, 2] += 10 * PEOPLE % 7  # whom a row is of can be told, which says nothing of others
    measures = np.stack(
        [state + 0.5 * unheard, other, state, unheard, generator.normal(size=20)[PEOPLE]], axis=1
    )
    measures[:, NEEDED] = state + 0.2 * generator.normal(size=120)
    return heard, measures, labels


def test_both_are_asked_for(data):
    heard, measures, labels = data
    judged = judged_measures(heard, measures, labels, PEOPLE, seed=0)
    assert judged.kept.tolist() == [True, False, True, False, False]
    assert judged.audible[HEARD]
    assert not judged.needed[HEARD]


def test_what_the_label_needs_is_hardly_kept_where_the_audio_is_noise(data):
    """By chance, a prediction from noise is a little better than the mean."""
    heard, _, labels = data
    generator = np.random.default_rng(2)
    measures = labels[:, None] + generator.normal(size=(120, 60))
    assert judged_measures(heard, measures, labels, PEOPLE, seed=0).kept.all()
    deaf = judged_measures(generator.normal(size=heard.shape), measures, labels, PEOPLE, seed=0)
    assert deaf.needed.all()
    assert deaf.kept.mean() < 0.4


def test_what_is_explained_is_that_of_people_who_were_not_learnt_from(data, monkeypatch):
    """Against scikit-learn, of two halves of the people and one penalty, with the mean of the other half to beat."""
    from sklearn.linear_model import Ridge

    heard, measures, labels = data
    halves = (PEOPLE >= 10).astype(int)
    monkeypatch.setattr(heard_measures, "parts_of_people", lambda *arguments: halves)
    monkeypatch.setattr(heard_measures, "PENALTIES", np.array([3.0]))
    found = judged_measures(heard, measures, labels, PEOPLE, seed=0).explained
    errors = totals = 0
    for half in (0, 1):
        train, asked = halves != half, halves == half
        mean, deviation = heard[train].mean(axis=0), heard[train].std(axis=0)
        model = Ridge(3.0).fit((heard[train] - mean) / deviation, measures[train])
        errors += np.square(measures[asked] - model.predict((heard[asked] - mean) / deviation)).sum(axis=0)
        totals += np.square(measures[asked] - measures[train].mean(axis=0)).sum(axis=0)
    np.testing.assert_allclose(found, 1 - errors / totals, rtol=1e-6)
    assert r2_score(measures[:, HEARD], heard[:, 1]) > 0.5
    assert found[HEARD] > 0.5


def test_a_missing_measure_is_left_out(data):
    heard, measures, labels = data
    some = np.arange(120) % 5 > 0
    holed = np.where(some[:, None], measures, np.nan)
    holed[:, HEARD] = measures[:, HEARD]
    found = judged_measures(heard, holed, labels, PEOPLE, seed=0)
    assert np.isfinite(found.explained).all()
    assert found.kept[BOTH]
    expected = f_oneway(*(measures[some & (labels == label), BOTH] for label in range(3))).pvalue
    assert found.p_values[BOTH] == pytest.approx(expected)
    whole = judged_measures(heard, measures, labels, PEOPLE, seed=0)
    assert found.explained[HEARD] == pytest.approx(whole.explained[HEARD])


def test_of_many_measures_few_are_taken_for_related_by_chance():
    p_values = np.concatenate([np.full(5, 1e-6), np.linspace(0.01, 1, 95)])
    judged = Judged(np.ones(100), p_values)
    assert (p_values < 0.05).sum() > 7
    assert judged.kept.tolist() == [True] * 5 + [False] * 95


@pytest.mark.parametrize(
    ("rows", "what"), [(PEOPLE == 0, "one person"), (np.arange(120) % 3 == 0, "one class")]
)
def test_of_one_person_or_one_class_none_is_kept(data, rows, what):
    heard, measures, labels = data
    judged = judged_measures(heard[rows], measures[rows], labels[rows], PEOPLE[rows], seed=0)
    assert not judged.kept.any(), what


def test_a_measure_that_never_differs_or_is_never_there_is_not_kept(data):
    heard, measures, labels = data
    odd = np.stack([np.ones(120), np.full(120, np.nan), measures[:, BOTH], labels * 2.0], axis=1)
    judged = judged_measures(heard, odd, labels, PEOPLE, seed=0)
    assert judged.kept.tolist() == [False, False, True, True], "the last is the label itself"


def test_of_no_measures_none_is_kept(data):
    heard, measures, labels = data
    assert judged_measures(heard, measures[:, :0], labels, PEOPLE, seed=0).kept.shape == (0,)
