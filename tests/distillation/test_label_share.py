"""How much of the labels soft labels should replace, as a quick student on the audio shows it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from stressid_keras.distillation import label_share
from stressid_keras.distillation.label_share import SHARES, best_share, share_errors

PEOPLE = np.repeat(np.arange(20), 6)


@pytest.fixture
def data():
    """What a state sounds like, the state itself, and labels, of which a third is wrong."""
    random = np.random.default_rng(0)
    state = np.tile([0, 0, 1, 1, 2, 2], 20)
    heard = np.eye(3)[state] @ random.normal(size=(3, 30)) + random.normal(scale=2.0, size=(120, 30))
    noisy = np.where(random.random(120) < 1 / 3, random.integers(0, 3, 120), state)
    return heard, state, noisy


def knows(state):
    """A teacher that sees the state."""
    return lambda known, asked: 0.85 * np.eye(3)[state[asked]] + 0.05


def knows_nothing(known, asked):
    return np.random.default_rng(len(known)).dirichlet(np.ones(3), len(asked))


def test_of_unreliable_labels_a_teacher_that_knows_better_takes_the_place(data):
    heard, state, noisy = data
    errors = share_errors(heard, noisy, PEOPLE, 3, knows(state), seed=0)
    assert list(errors) == list(SHARES)
    assert errors[1] < errors[0.5] < errors[0]
    assert best_share(errors) == 1


def test_certain_labels_keep_theirs(data):
    heard, state, _ = data
    errors = share_errors(heard, state, PEOPLE, 3, knows_nothing, seed=0)
    assert errors[0] < errors[0.5] < errors[1]
    assert best_share(errors) == 0


def test_exchanged_soft_labels_lose_what_they_say_of_a_row(data):
    heard, state, noisy = data
    own = share_errors(heard, noisy, PEOPLE, 3, knows(state), seed=0)
    exchanged = share_errors(heard, noisy, PEOPLE, 3, knows(state), seed=0, permuted=True)
    assert exchanged[0] == own[0]
    assert exchanged[1] > own[1]


def test_whose_labels_judge_taught_nobody(data):
    heard, state, _ = data
    asked_of = []

    def teach(known, asked):
        asked_of.append((frozenset(PEOPLE[known]), frozenset(PEOPLE[asked])))
        return np.full((len(asked), 3), 1 / 3)

    share_errors(heard, state, PEOPLE, 3, teach, seed=0)
    assert len(asked_of) == 2 * 10, "a pair of five parts each, twice"
    for known, asked in asked_of:
        assert not known & asked
        assert known | asked == set(PEOPLE)
        assert len(known) == 12, "two of five parts are left out: those judged and those taught"


def test_equal_shares_trust_the_labels():
    assert best_share({0.0: 0.4, 0.5: 0.3, 1.0: 0.3}) == 0.5


@pytest.mark.parametrize("people", [1, 2])
def test_of_two_people_the_labels_are_all_there_is(data, people):
    heard, state, _ = data
    rows = slice(6 * people)
    errors = share_errors(heard[rows], state[rows], PEOPLE[rows], 3, knows_nothing, seed=0)
    assert best_share(errors) == 0


def test_three_people_are_enough(data):
    heard, state, _ = data
    assert list(share_errors(heard[:18], state[:18], PEOPLE[:18], 3, knows_nothing, seed=0)) == list(SHARES)


def test_classes_and_features_may_be_missing(data):
    heard, state, _ = data
    rows = np.flatnonzero(state < 2)
    heard = np.c_[heard, np.ones(len(heard))]  # one that never differs
    errors = share_errors(heard[rows], state[rows], PEOPLE[rows], 3, knows(state[rows]), seed=0)
    assert np.isfinite(list(errors.values())).all()


def test_the_quick_student_is_logistic_regression(data):
    heard, _, noisy = data
    known, asked = label_share._standardised(heard[:90], heard[90:])
    ours = label_share._quick_student(known, np.eye(3)[noisy[:90]], np.ones(90))(asked)
    reference = LogisticRegression(C=label_share.STRENGTH, tol=1e-8, max_iter=1000).fit(known, noisy[:90])
    np.testing.assert_allclose(ours, reference.predict_proba(asked), atol=2e-4)  # ours stops 6e-5 away
