"""Parts of people, one space for several networks, and rows that are exchanged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.distillation.cross_fitting import exchanged_rows, into_space, parts_of_people
from stressid_keras.errors import StressIDError

PEOPLE = np.repeat([f"p{number}" for number in range(9)], 6)
LABELS = np.tile([0, 0, 1, 1, 2, 2], 9)


@pytest.mark.parametrize("parts", [2, 3, 5, 9])
def test_a_person_is_in_one_part_and_every_part_has_some(parts):
    numbers = parts_of_people(PEOPLE, LABELS, parts, seed=0)
    assert sorted(set(numbers)) == list(range(parts))
    assert all(len(set(numbers[person == PEOPLE])) == 1 for person in set(PEOPLE))
    np.testing.assert_array_equal(parts_of_people(PEOPLE, LABELS, parts, seed=0), numbers)


def test_of_more_parts_than_people_each_is_one():
    assert len(set(parts_of_people(PEOPLE, LABELS, 10, seed=0))) == 9
    with pytest.raises(StressIDError, match="There is 1 person to train on; expected two or more"):
        parts_of_people(PEOPLE[:6], LABELS[:6], 2, seed=0)


def test_a_class_may_be_rarer_than_parts():
    labels = np.where(np.arange(len(PEOPLE)) == 0, 2, 0)
    numbers = parts_of_people(PEOPLE, labels, 5, seed=0)
    assert sorted(set(numbers)) == list(range(5))
    assert all(len(set(numbers[person == PEOPLE])) == 1 for person in set(PEOPLE))


def test_features_of_a_rotated_network_are_brought_back():
    random = np.random.default_rng(0)
    target = random.normal(size=(80, 6))
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    other = 5 * target @ rotation + 3
    moved = into_space(other[:60], target[:60], other[60:])
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, target[60:], atol=0.02)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=40), st.integers(0, 9)
)
def test_rows_are_exchanged_within_class_and_person_where_there_are_several(rows, seed):
    people, labels = map(np.array, zip(*rows, strict=True))
    order = exchanged_rows(people, labels, seed)
    assert sorted(order) == list(range(len(rows)))
    assert (labels[order] == labels).all()
    alone = [row for row in rows if rows.count(row) == 1]
    for row, (person, label) in enumerate(rows):
        if rows.count((person, label)) > 1:
            assert order[row] != row
            assert people[order[row]] == person
        elif sum(other == label for _, other in alone) > 1:
            assert order[row] != row
