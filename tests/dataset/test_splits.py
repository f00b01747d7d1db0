import dataclasses
import itertools
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import SubjectSplit, split_subjects, subject_folds
from stressid_keras.errors import DatasetError

CONFIG = DatasetConfig()


def rows_of(counts):
    """(subject, label) rows for counts (n, classes)."""
    return [(f"s{i:03}", c) for i, row in enumerate(counts) for c, n in enumerate(row) for _ in range(n)]


def random_rows(n, seed=0):
    """Rows of n subjects with a preference of their own among the classes."""
    rng = np.random.default_rng(seed)
    return rows_of([rng.multinomial(rng.integers(3, 12), rng.dirichlet([1, 1, 1])) for _ in range(n)])


def split(rows, seed=0, config=CONFIG):
    return split_subjects(*zip(*rows, strict=True), config, seed)


count_tables = st.lists(
    st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any), min_size=3, max_size=16
)


@given(counts=count_tables, seed=st.integers(0, 2**32))
@settings(max_examples=20)
def test_every_subject_is_in_exactly_one_part(counts, seed):
    rows = rows_of(counts)
    parts = split(rows, seed).parts
    assert sorted(itertools.chain(*parts.values())) == sorted({subject for subject, _ in rows})
    assert all(parts.values())


@given(counts=count_tables, seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=20)
def test_the_split_does_not_depend_on_the_order_of_rows(counts, seed, data):
    rows = rows_of(counts)
    assert split(rows, seed) == split(data.draw(st.permutations(rows)), seed)


@given(counts=count_tables, seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=20)
def test_folds_test_every_subject_once_and_never_train_on_it(counts, seed, data):
    k = data.draw(st.integers(3, len(counts)))
    folds = subject_folds(*zip(*rows_of(counts), strict=True), k, CONFIG, seed)
    tested = [subject for fold in folds for subject in fold.parts["test"]]
    assert len(folds) == k
    assert sorted(tested) == [f"s{i:03}" for i in range(len(counts))]
    assert {len(fold.parts["test"]) for fold in folds} <= {len(counts) // k, -(-len(counts) // k)}
    for index, fold in enumerate(folds):
        assert set(folds[(index + 1) % k].parts["test"]) <= set(fold.parts["val"])
        assert sum(map(len, fold.parts.values())) == len(counts)
        assert fold.parts["train"]


def test_folds_without_validation_train_on_all_who_are_not_tested(tmp_path):
    rows = tuple(zip(*random_rows(13), strict=True))
    validated = subject_folds(*rows, 4, CONFIG, 0)
    for fold, with_validation in zip(
        subject_folds(*rows, 4, CONFIG, 0, validated=False), validated, strict=True
    ):
        assert fold.parts["test"] == with_validation.parts["test"]
        assert fold.parts["val"] == ()
        assert set(fold.parts["train"]) == set(rows[0]) - set(fold.parts["test"])
        assert (fold.distance["val"], fold.class_counts["val"]) == (0, [0, 0, 0])
        fold.save(tmp_path / "split.json")
        assert SubjectSplit.load(tmp_path / "split.json") == fold


def test_leaving_one_subject_out_still_validates_on_several():
    folds = subject_folds(*zip(*random_rows(13), strict=True), 13, CONFIG, 0)
    assert {len(fold.parts["test"]) for fold in folds} == {1}
    assert {len(fold.parts["val"]) for fold in folds} == {2}


@pytest.mark.parametrize(
    ("n", "sizes"), [(3, (1, 1, 1)), (4, (2, 1, 1)), (12, (8, 2, 2)), (52, (36, 8, 8)), (65, (45, 10, 10))]
)
def test_sizes_follow_the_specification(n, sizes):
    assert tuple(map(len, split(random_rows(n)).parts.values())) == sizes


def test_class_shares_of_every_part_are_near_the_wholes():
    result = split(random_rows(52))
    assert list(result.parts) == ["train", "val", "test"]
    assert result.distance["max"] == max(result.distance[part] for part in result.parts) < 0.01
    counts = np.array(list(result.class_counts.values()))
    rows = random_rows(52)
    assert counts.sum(axis=0).tolist() == np.bincount([label for _, label in rows]).tolist()
    shares = counts / counts.sum(axis=1, keepdims=True)
    whole = counts.sum(axis=0) / counts.sum()
    distances = [result.distance[part] for part in result.parts]
    np.testing.assert_allclose(distances, np.abs(shares - whole).sum(axis=1) / 2)


def test_the_search_finds_the_best_of_all_splits_of_a_small_set():
    rows = random_rows(9, seed=5)
    subjects = sorted({subject for subject, _ in rows})
    counts = np.array([np.bincount([c for s, c in rows if s == name], minlength=3) for name in subjects])
    whole = counts.sum(axis=0) / counts.sum()

    def distance(members):
        part = counts[list(members)].sum(axis=0)
        return np.abs(part / part.sum() - whole).sum() / 2

    best = min(
        distance({val}) + distance({test}) + distance(set(range(9)) - {val, test})
        for val, test in itertools.permutations(range(9), 2)
    )
    result = split(rows)
    assert sum(result.distance[part] for part in result.parts) == pytest.approx(best)


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    for rows in (random_rows(52), rows_of([[2, 2, 2]] * 26)):
        assert split(rows, 1) == split(rows, 1)
        assert len({split(rows, seed).parts["test"] for seed in range(5)}) == 5
        assert subject_folds(*zip(*rows, strict=True), 5, CONFIG, 0) == subject_folds(
            *zip(*rows[::-1], strict=True), 5, CONFIG, 0
        )


def test_the_search_is_quick():
    began = time.process_time()
    split(random_rows(65))
    assert time.process_time() - began < 2


def test_five_hundred_subjects_are_split_in_seconds():
    began = time.process_time()
    split(random_rows(500), config=dataclasses.replace(CONFIG, split_restarts=10))
    assert time.process_time() - began < 2  # a fifth of the default's restarts


def test_arrays_and_subjects_like_numbers_are_taken_as_they_are():
    result = split_subjects(np.array(["0123", "3e12", "10"]), np.array([0, 1, 2]), CONFIG, 0)
    assert sorted(itertools.chain(*result.parts.values())) == ["0123", "10", "3e12"]


def test_part_of_tells_where_a_subject_is():
    rows = random_rows(12)
    result = split_subjects(*zip(*rows, strict=True), CONFIG, 0, extra_train=("z2", "z1"))
    assert result.extra_train == ("z1", "z2")
    assert all(result.part_of(subject) == part for part, who in result.parts.items() for subject in who)
    assert result.part_of("z1") == "extra_train"
    with pytest.raises(DatasetError, match="nobody is in no part"):
        result.part_of("nobody")


def test_a_split_comes_back_from_its_file(tmp_path):
    rows = random_rows(12)
    result = split_subjects(*zip(*rows, strict=True), CONFIG, 3, extra_train=("zz",))
    result.save(tmp_path / "split.json")
    assert SubjectSplit.load(tmp_path / "split.json") == result


def test_a_subject_in_two_parts_is_refused_by_name(tmp_path):
    result = split(random_rows(12))
    leaked = result.parts["test"][0]
    parts = result.parts | {"train": (*result.parts["train"], leaked)}
    with pytest.raises(DatasetError, match=f"Subject {leaked} is in 'train' and again in 'test'"):
        dataclasses.replace(result, parts=parts)
    with pytest.raises(DatasetError, match=leaked):
        dataclasses.replace(result, extra_train=(leaked,))
    values = result.to_dict()
    values["train"].append(leaked)
    (tmp_path / "split.json").write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=leaked):
        SubjectSplit.load(tmp_path / "split.json")


@pytest.mark.parametrize("content", [None, "no json", "[]", "{}", '{"train": "abc"}', '{"train": 3}'])
def test_a_file_that_is_no_split_is_refused(tmp_path, content):
    path = tmp_path / "split.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=r"split\.json is .*make the split anew\.$"):
        SubjectSplit.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values["class_counts"].update(train=[1, 0, 0]),
        lambda values: values["class_counts"].update(train=[-1, 2, 3]),
        lambda values: values["class_counts"].update(test=values["class_counts"]["test"][:-1]),
        lambda values: values["class_counts"].update(test=[]),
        lambda values: values["class_counts"].update(test=["1", 2, 3]),
        lambda values: values["class_counts"].update(test=[10**400, 2, 3]),
        lambda values: values["distance"].update(val=0.5),
        lambda values: values["distance"].update(max=float("nan")),
        lambda values: values["distance"].pop("max"),
        lambda values: values.update(seed="x"),
        lambda values: values.update(seed=True),
        lambda values: values.update(unit="person"),
        lambda values: values.update(test=[]),
        lambda values: values.update(test=[""]),
        lambda values: values.update(test=[1, 2]),
        lambda values: values.update(extra_train=None),
    ],
)
def test_a_split_whose_numbers_were_changed_is_one_sentence_that_names_the_file(tmp_path, change):
    values = split(random_rows(12)).to_dict()
    change(values)
    (tmp_path / "split.json").write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=r"^\S*split\.json"):
        SubjectSplit.load(tmp_path / "split.json")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split(rows_of([[1, 1, 1]] * 2)), r"2 subjects \(s000, s001\); expected at least three"),
        (lambda: split(rows_of([[1, 1, 1]])), "1 subject "),
        (lambda: split_subjects([], [], CONFIG, 0), "0 subjects"),
        (
            lambda: split(random_rows(6), config=DatasetConfig(val_share=0.49, test_share=0.5)),
            r"take 3 \+ 3 of 6 subjects",
        ),
        (lambda: split_subjects(["a", "b", "c"], [0, 1, 3], CONFIG, 0), "A label is 3; .* from 0 to 2"),
        (lambda: split_subjects(["a", "b", "c"], [0, 1], CONFIG, 0), "one of each per row"),
        (
            lambda: subject_folds(*zip(*random_rows(6), strict=True), 2, CONFIG, 0),
            "2 folds .* from 3 to .* 6",
        ),
        (lambda: subject_folds(*zip(*random_rows(6), strict=True), 7, CONFIG, 0), "7 folds"),
    ],
)
def test_what_cannot_be_split_is_refused(call, message):
    with pytest.raises(DatasetError, match=message):
        call()
