"""A person's range is that of all recordings, but for those that tell of another unit, another zero or a rail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.preprocessing.signals.level_agreement import agreeing

CALM, STRESSED, HIGH = (5.9, 6.6), (6.2, 9.0), (11.0, 14.0)
BREATHS, DEEP = (-1.2, 1.1), (-3.5, 4.0)
ELSEWHERE = [(2.0, 2.5), (8.0, 8.9), (11.0, 12.0)]


@pytest.mark.parametrize(
    "pairs", [[CALM], [CALM, HIGH], [CALM, STRESSED, HIGH], [BREATHS, DEEP], [(60.0, 80.0), (55.0, 70.0)]]
)
def test_recordings_as_people_make_them_all_agree(pairs):
    assert agreeing(pairs) == pairs


@pytest.mark.parametrize(
    "outlier",
    [
        (5900.0, 6600.0),
        (0.0059, 0.0066),
        (24.9999, 25.0001),
        (-1e-4, 1e-4),
        (300.0, 301.0),
        (6.2, 1e36),
        (-6e6, 7e6),
    ],
)
@pytest.mark.parametrize("sound", [[CALM, STRESSED], [CALM, STRESSED, HIGH, CALM]])
def test_an_outlier_does_not_set_the_range_of_many(sound, outlier):
    assert agreeing([*sound, outlier]) == sound
    assert agreeing([outlier, *sound]) == sound


def test_of_two_that_disagree_the_other_people_decide():
    assert agreeing([CALM, (5900.0, 6600.0)], ELSEWHERE) == [CALM]
    assert agreeing([CALM, (5900.0, 6600.0)]) == []
    assert agreeing([(-1.2, 1.1), (48.8, 51.0)], [(-1.0, 0.9), (-2.0, 2.0)]) == [(-1.2, 1.1)]


def test_a_steady_heart_is_at_no_rail():
    steady, lively = (60.0, 60.001), (80.0, 95.0)
    assert agreeing([steady, lively], rails=False) == [steady, lively]
    assert agreeing([steady, lively]) == [lively]


@given(st.lists(st.tuples(st.floats(2, 12), st.floats(0.05, 3)), min_size=1, max_size=8))
def test_no_skin_conductance_of_a_living_person_is_left_out(found):
    pairs = [(low, low + span) for low, span in found]
    assert agreeing(pairs) == pairs
