"""Every option has a range, and nothing outside it gets in, from JSON or in Python."""

import dataclasses
import json
import math
import sys
import typing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.config import (
    AudioConfig,
    DatasetConfig,
    DistillationConfig,
    ExportOptions,
    GafConfig,
    PreparationConfig,
    QualityConfig,
    RunConfig,
    StudentConfig,
    TeacherConfig,
    TrainingConfig,
    VideoConfig,
    from_dict,
)
from stressid_keras.dataset import SyntheticConfig
from stressid_keras.errors import StressIDError
from stressid_keras.ranges import Checked, Choice, Length, Name, Range, Text, kinds, type_and_rules

NOTHING = [
    math.nan,
    math.inf,
    -math.inf,
    True,
    "3",
    None,
    10**30,
    -(10**30),
    10**400,
    1e308,
    [],
    {},
    b"3",
    1j,
]
CLASSES = Checked.__subclasses__()
FIELDS = [(cls, name, kind) for cls in CLASSES for name, kind in kinds(cls).items()]
NUMBERS = [field for field in FIELDS if type_and_rules(field[2])[0] in (int, float)]
LISTS = [field for field in FIELDS if typing.get_origin(type_and_rules(field[2])[0]) is tuple]
TABLES = [dict[str, object]]  # of options that others declare
TEXTS = [field for field in FIELDS if type_and_rules(field[2])[0] is str]


def title(field):
    return f"{field[0].__name__}.{field[1]}"


def range_of(kind) -> Range:
    return next(rule for rule in type_and_rules(kind)[1] if isinstance(rule, Range))


def refused(make) -> str:
    """The sentence with which `make` refuses."""
    with pytest.raises(StressIDError) as caught:
        make()
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "expected" in sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 400
    return sentence


def test_every_configuration_is_checked():
    assert {RunConfig, PreparationConfig, ExportOptions, SyntheticConfig} <= set(CLASSES)
    assert len(NUMBERS) > 70
    for cls in CLASSES:
        assert "__post_init__" not in vars(cls), f"{cls.__name__} skips the check: expected _check_together"


@pytest.mark.parametrize("field", FIELDS, ids=title)
def test_every_option_says_what_it_may_be(field):
    kind, rules = type_and_rules(field[2])
    if typing.get_origin(kind) is tuple:
        length = next(rule for rule in rules if isinstance(rule, Length))
        assert 0 <= length.low <= length.high <= 100
        (kind,) = {item for item in typing.get_args(kind) if item is not ...}
    if typing.get_origin(kind) is dict:  # of what is added, which brings its own rules
        assert any(isinstance(rule, Length) for rule in rules)
        return
    if kind in (int, float):
        (found,) = [rule for rule in rules if isinstance(rule, Range)]
        assert math.isfinite(found.low)
        assert math.isfinite(found.high)
    elif kind is str:
        assert any(rule in (Text, Name) or isinstance(rule, Choice) for rule in rules)
    else:
        assert kind is bool or kind in CLASSES or kind in TABLES


@pytest.mark.parametrize("field", NUMBERS, ids=title)
def test_no_number_outside_its_range_gets_in(field):
    cls, name, kind = field
    limits, base = range_of(kind), type_and_rules(kind)[0]
    assert limits.holds(getattr(cls(), name)), "the default"
    beyond = [limits.low - 1, limits.high + 1]
    beyond += [limits.low] * limits.above + [limits.high] * limits.below
    for value in [*NOTHING, *beyond, np.float64("nan"), np.bool_(True)]:
        assert refused(lambda value=value: cls(**{name: value})).startswith(f"{name} is ")
        assert name in refused(lambda value=value: from_dict(cls, {name: value}))
    if base is int:
        assert refused(lambda: cls(**{name: 1.5})).startswith(f"{name} is 1.5; expected a whole number")


@pytest.mark.parametrize("field", LISTS, ids=title)
def test_no_list_of_anything_else_gets_in(field):
    cls, name, kind = field
    length = next(rule for rule in type_and_rules(kind)[1] if isinstance(rule, Length))
    for value in [*NOTHING[:-4], b"3", "", {}, {1: 2}, set()]:
        assert refused(lambda value=value: cls(**{name: value})).startswith(f"{name} is ")
    for value in [math.nan, None, True, [], "\n", 1j, 10**30]:
        assert name.rstrip("s") in refused(lambda value=value: cls(**{name: (value,) * max(1, length.low)}))
    assert name in refused(lambda: cls(**{name: ("x",) * (length.high + 1)}))
    if length.low:
        assert refused(lambda: cls(**{name: ()})) == f"{name} has 0 items; expected from 1 to {length.high}."


def test_a_table_holds_what_json_holds():
    config = DistillationConfig(added={"a": np.float32(0.5), "b": [1, "x"], "c": np.bool_(True)})
    assert json.loads(json.dumps(config.added)) == {"a": 0.5, "b": [1, "x"], "c": True}
    for value in [None, math.nan, math.inf, 10**400, 1j, b"3", {}, [[1]], {"x": 1}]:
        found = refused(lambda value=value: DistillationConfig(added={"a": value}))
        assert "added.a" in found
    for value in [3, None, "a", ["a"], {1: 2}]:
        assert refused(lambda value=value: DistillationConfig(added=value)).startswith("added is ")


@pytest.mark.parametrize("field", TEXTS, ids=title)
def test_no_text_that_is_none_gets_in(field):
    cls, name, _ = field
    for value in [3, None, True, b"a", [], "x\0", "x" * 5000]:
        assert refused(lambda value=value: cls(**{name: value})).startswith(f"{name} is ")


@given(field=st.sampled_from(NUMBERS), value=st.one_of(st.integers(), st.floats(), st.fractions()))
def test_a_number_is_in_its_range_or_refused(field, value):
    cls, name, kind = field
    try:
        config = cls(**{name: value})
    except StressIDError:
        return
    assert range_of(kind).holds(getattr(config, name))
    json.dumps(getattr(config, name), allow_nan=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([*kinds(RunConfig), "gaf", "x"]), inner)
        ),
    )
)
def test_any_json_is_a_configuration_or_refused(values):
    try:
        config = RunConfig.from_dict(values)
    except StressIDError:
        return
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict(), allow_nan=False))) == config


def test_deep_and_long_values_are_cut():
    deep = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    for values in (
        {"seed": deep},
        {"dataset": deep},
        deep,
        {"seed": "x" * 10**6},
        {"y" * 10**6: 1},
        {1: 2, "a": 3},
    ):
        assert len(refused(lambda values=values: RunConfig.from_dict(values))) < 400


def test_numbers_of_numpy_are_numbers():
    config = TrainingConfig(epochs=np.int64(3), learning_rate=np.float32(0.5), class_weights=np.bool_(False))
    assert config == TrainingConfig(epochs=3, learning_rate=0.5, class_weights=False)
    assert type(config.epochs) is int
    assert json.dumps(dataclasses.asdict(config))
    assert hash(StudentConfig(filters=[4, np.int32(8)])) == hash(StudentConfig(filters=(4, 8)))


BREAKS = [
    "\n",
    "\r",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\t",
    "\0",
    "\x1b",
    "\x7f",
]


@pytest.mark.parametrize(
    "name",
    [
        *(f"Lo{char}w" for char in BREAKS),
        *("", " ", "\u200b", "\u3000", " Low", "Low ", "Low\n", "x" * 61),
        *("L\ud800w", "L\u202ew", "L\ufeffw"),
    ],
    ids=ascii,
)
def test_a_class_name_is_one_visible_line(name):
    sentence = refused(lambda: DatasetConfig(class_names=(name, "Medium", "High")))
    assert sentence.startswith("an item of class_names is ")


def test_class_names_of_any_script_are_taken():
    names = ("niedrig – 低い", "आधिक्य", "élevé 👩‍🔬")
    assert DatasetConfig(class_names=names).names == names


def test_class_names_that_look_alike_are_refused():
    sentence = refused(lambda: DatasetConfig(class_names=("e\u0301leve\u0301", "\u00e9lev\u00e9", "High")))
    assert "expected names that differ" in sentence


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DatasetConfig(val_share=0.5, test_share=0.5), "expected less than 1 together"),
        (lambda: AudioConfig(n_mels=514), "n_mels is 514 and n_fft 1024; expected at most 513 bands"),
        (lambda: VideoConfig(frames=1024, max_side=4096), "expected less of one"),
        (lambda: QualityConfig(min_seconds=10, max_seconds=5), "expected no more than it"),
        (lambda: PreparationConfig(window_seconds=0.5), "window_seconds is 0.5; expected from 1 to 21600 s"),
        (lambda: PreparationConfig(window_seconds=30000), "expected from 1 to 21600 s"),
        (lambda: PreparationConfig(hop_seconds=0.5), "expected at least a 100th of it"),
        (
            lambda: PreparationConfig(audio=AudioConfig(hop_length=1, n_mels=512)),
            "expected at most 2.7e\\+08",
        ),
        (
            lambda: TeacherConfig(video_filters=(4096,) * 8),
            "video_filters is .* which makes 3.2e\\+09 weights",
        ),
        (lambda: StudentConfig(filters=(4096, 4096), width=100), "which makes 1.5e\\+12 weights"),
        (lambda: ExportOptions(variants=()), "expected names that differ, at least one"),
        (lambda: SyntheticConfig(subjects=10_000, tasks=11), "makes 110,000 recordings"),
        (lambda: SyntheticConfig(seconds=3600, width=2048, height=2048), "make it shorter or smaller"),
        (lambda: GafConfig(levels="people"), "levels is 'people'; expected 'person' or 'window'"),
        (lambda: RunConfig(preparation=3), "preparation is 3; expected a PreparationConfig"),
    ],
)
def test_values_that_do_not_go_together_are_refused(make, message):
    with pytest.raises(StressIDError, match=message):
        make()
    refused(make)


def test_a_range_says_its_ends():
    assert str(Range(1, 100_000)) == "from 1 to 100,000"
    assert str(Range(0, 1, above=True)) == "above 0 and at most 1"
    assert str(Range(0, 1, "s", below=True)) == "at least 0 and below 1 s"
    assert not Range(0, 1).holds(math.nan)
