"""The methods by name: what each sets, how they combine, and what is refused."""

import dataclasses

import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation import methods_by_name, with_methods
from stressid_keras.errors import StressIDError

BASE = DistillationConfig(alpha=2.0, beta=0.5)
NONE = dict.fromkeys(("alpha", "beta", "gamma", "delta"), 0.0)


def test_mars_is_the_specifications_loss():
    assert with_methods("mars", BASE) == BASE
    assert with_methods("mars", DistillationConfig()) == DistillationConfig()


def test_cross_entropy_has_no_term():
    assert with_methods("cross-entropy", BASE) == dataclasses.replace(BASE, **NONE)


def test_methods_combine_in_any_order():
    expected = dataclasses.replace(BASE, projection="linear", standardised=True, logits=1.0)
    assert with_methods("mars+projection+standardised+logits", BASE) == expected
    assert with_methods("logits + standardised + mars + projection", BASE) == expected


def test_a_text_without_mars_has_no_feature_losses():
    assert with_methods("logits", BASE) == dataclasses.replace(BASE, **NONE, logits=1.0)
    assert with_methods("mers", BASE) == dataclasses.replace(BASE, features_first=True)


def test_a_text_says_all_that_is_on():
    base = dataclasses.replace(BASE, logits=3.0, confidence=True, schedule="decay")
    assert with_methods("mars", base) == BASE
    assert with_methods("mars+logits", base) == dataclasses.replace(BASE, logits=3.0)  # its weight was chosen


@pytest.mark.parametrize("name", methods_by_name())
def test_every_method_says_what_it_does(name):
    method = methods_by_name()[name]
    assert method.summary.endswith(".")
    if name != "cross-entropy":
        assert any(year in method.implementation.__doc__ for year in map(str, range(2015, 2025)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mars+magic", "'magic'; expected some of cross-entropy, mars, mers"),
        ("", "expected some of"),
        ("cross-entropy+mars", "expected cross-entropy alone"),
        ("mars+warm-up+decay", "decay excludes another of them: both set schedule"),
        ("projection+projection-hidden+mars", "both set projection"),
        ("generalised+forest+cross-fit", "excludes another of them: both set imitated"),
        ("standardised", "has none; expected one of mars, mers, logits"),
        ("logits+projection", "projection is of the terms of mars or mers"),
        ("logits+forest+chosen-share", "chosen-share is of the terms of generalised"),
        ("logits+hearable", "hearable is of the terms of measures"),
        ("generalised+chosen-share", "imitation_chosen is true and imitated teacher; expected forest"),
    ],
)
def test_texts_that_make_no_sense_are_refused(text, message):
    with pytest.raises(StressIDError, match=message):
        with_methods(text, BASE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"imitation": 1.5}, "imitation is 1.5; expected a number from 0 to 1"),
        ({"temperature": 0.0}, "temperature is 0.0; expected a number from 0.01"),
        ({"projection": "cubic"}, "projection is 'cubic'; expected one of '', 'linear' or 'hidden'"),
        ({"schedule": "up"}, "schedule is 'up'"),
        ({"schedule_share": 0.0}, "schedule_share is 0.0"),
        ({"features_first_share": 1.0}, "features_first_share is 1.0"),
        ({"feature_dtype": "int8"}, "feature_dtype is 'int8'"),
        ({"feature_views": -1}, "feature_views is -1"),
        (
            {"compared_features": ("ecg", "smell")},
            "an item of compared_features is 'smell'; expected one of 'video', 'ecg'",
        ),
        ({"relational": float("nan")}, "relational is nan"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(StressIDError, match=message):
        DistillationConfig(**options)
