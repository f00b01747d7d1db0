"""What a value of a configuration may be, declared in its type and checked in one place.

    epochs: Annotated[int, Range(1, 100_000)] = 30

A dataclass that inherits from `Checked` refuses every other value when it is made, from JSON or in Python: NaN,
infinity and numbers that no machine can follow among them.
"""

import dataclasses
import functools
import numbers
import os
import typing
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from stressid_keras.errors import StressIDError, shown

LONGEST_TEXT = 4096  # characters, of a path: no system takes a longer one
LONGEST_NAME = 60  # characters, of a class: it heads columns, axes and a phone's screen
# Unicode categories: control and format characters (which reorder or hide what is written around them), surrogates,
# ends of lines and paragraphs. The joiners are format characters that scripts and emoji are written with.
UNPRINTABLE, JOINERS = ("Cc", "Cf", "Cs", "Zl", "Zp"), "\u200c\u200d"


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; with `above` and `below` without the ends themselves."""

    low: float
    high: float
    unit: str = ""
    above: bool = False
    below: bool = False

    def holds(self, number) -> bool:
        """Whether it lies inside; NaN and infinity never do."""
        over = number > self.low if self.above else number >= self.low
        return bool(over and (number < self.high if self.below else number <= self.high))

    def __str__(self):
        low, high = _number(self.low), _number(self.high)
        if not self.above and not self.below:
            text = f"from {low} to {high}"
        else:
            text = f"{'above' if self.above else 'at least'} {low} and {'below' if self.below else 'at most'} {high}"
        return f"{text} {self.unit}".rstrip()


class Choice:
    """One of some texts.

    Args:
        texts: each of them, or what gives them: a registry may get more names later.
    """

    def __init__(self, *texts: str | Iterable[str]):
        self._texts = texts

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for text in self._texts for name in ((text,) if isinstance(text, str) else text))


@dataclass(frozen=True)
class Length:
    """How many items a list has."""

    low: int
    high: int


ANY_NUMBER = Range(-1e300, 1e300)


class Text:
    """A text of at most `LONGEST_TEXT` characters, such as a path; whatever a file may be called."""


class Name:
    """A short name that people read: one line, nothing invisible, no blanks around it."""


class Checked:
    """Base class of frozen dataclasses whose fields' types say what they may be.

    Numbers of NumPy become Python's, and lists tuples. `_check_together` is called after that, for what concerns
    several fields.

    Raises:
        StressIDError: a value is not what its field's type says.
    """

    def __post_init__(self):
        for name, kind in kinds(type(self)).items():
            object.__setattr__(self, name, checked(kind, getattr(self, name), name))
        self._check_together()

    def _check_together(self) -> None:
        """Raise StressIDError where fields do not go together."""


def with_options(options: dict[str, tuple]):
    """A decorator, below `dataclass`, that puts options before a class's own: name → (annotated type, default)."""

    def add(cls):
        types = {name: kind for name, (kind, _) in options.items()}
        cls.__annotations__ = types | cls.__annotations__
        for name, (_, default) in options.items():
            setattr(cls, name, default)
        return cls

    return add


@functools.cache
def kinds(cls) -> dict[str, object]:
    """The annotated types of a dataclass's fields, by name."""
    types = typing.get_type_hints(cls, include_extras=True)
    return {field.name: types[field.name] for field in dataclasses.fields(cls)}


def checked(kind, value, where: str):
    """A value as its type declares it.

    Args:
        kind: bool, int, float or str, annotated with what it may be; a tuple of one of them, annotated with what its
            items may be and their `Length`; a dict of texts and one of them all, or `object`, which is any of these
            but a dict, or a list of them; or a dataclass.
        value: what was given.
        where: the name that a sentence gives it.

    Returns:
        the value: Python's number for NumPy's, a tuple for a list, a copy of a dict.

    Raises:
        StressIDError: it is something else, or outside its range.
    """
    kind, rules = type_and_rules(kind)
    if typing.get_origin(kind) is tuple:
        return _checked_tuple(typing.get_args(kind)[0], value, rules, where)
    if typing.get_origin(kind) is dict:
        return _checked_table(typing.get_args(kind)[1], value, rules, where)
    if kind is object:
        return _checked_plain(value, where)
    if kind in (int, float):
        return _checked_number(kind, value, rules, where)
    if kind is str:
        return _checked_text(value, rules, where)
    if kind is bool and isinstance(value, bool | np.bool_):
        return bool(value)
    if kind is bool or not isinstance(value, kind):
        raise _refused(where, value, "true or false" if kind is bool else f"a {kind.__name__}")
    return value


def type_and_rules(kind) -> tuple[object, tuple]:
    """A type without its annotations, and these."""
    annotated = typing.get_origin(kind) is typing.Annotated
    return (kind.__origin__, kind.__metadata__) if annotated else (kind, ())


def _checked_tuple(item_kind, value, rules, where: str) -> tuple:
    if not isinstance(value, list | tuple):
        raise _refused(where, value, "a list")
    _check_length(value, rules, where)
    item_kind = typing.Annotated[item_kind, *rules]
    return tuple(checked(item_kind, item, f"an item of {where}") for item in value)


def _checked_table(item_kind, value, rules, where: str) -> dict:
    if not isinstance(value, dict) or not all(isinstance(name, str) and is_name(name) for name in value):
        raise _refused(where, value, "a table of options by name")
    _check_length(value, rules, where)
    return {name: checked(item_kind, item, f"{where}.{name}") for name, item in value.items()}


def _check_length(value, rules, where: str) -> None:
    for rule in rules:
        if isinstance(rule, Length) and not rule.low <= len(value) <= rule.high:
            raise StressIDError(f"{where} has {len(value)} items; expected from {rule.low} to {rule.high}.")


def _checked_plain(value, where: str):
    """A number, a text, true or false, or a list of them."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, numbers.Real):
        kind = int if isinstance(value, numbers.Integral) else float
        return _checked_number(kind, value, (ANY_NUMBER,), where)
    if isinstance(value, str):
        return _checked_text(value, (), where)
    if isinstance(value, list | tuple) and not any(isinstance(item, list | tuple) for item in value):
        return tuple(_checked_plain(item, f"an item of {where}") for item in value)
    raise _refused(where, value, "a number, a text, true or false, or a list of them")


def _checked_number(kind, value, rules, where: str):
    ranges = [rule for rule in rules if isinstance(rule, Range)]
    expected = "a whole number" if kind is int else "a number"
    expected = " ".join([expected, *map(str, ranges)])
    allowed = numbers.Integral if kind is int else numbers.Real
    if not isinstance(value, allowed) or isinstance(value, bool):
        raise _refused(where, value, expected)
    try:
        number = int(value) if isinstance(value, numbers.Integral) else float(value)
        inside = abs(number) < np.inf and all(rule.holds(number) for rule in ranges)
    except OverflowError:  # a fraction beyond every float
        inside = False
    if not inside:
        raise _refused(where, value, expected)
    return number


def _checked_text(value, rules, where: str) -> str:
    if isinstance(value, os.PathLike) and Text in rules:
        value = os.fspath(value)
    for rule in rules:
        if isinstance(rule, Choice):
            if not isinstance(value, str) or value not in rule.names:
                raise _refused(where, value, f"{'one of ' * (len(rule.names) > 2)}{_or(rule.names)}")
        elif rule is Name and not (isinstance(value, str) and is_name(value)):
            raise _refused(
                where,
                value,
                f"a name of one line and at most {LONGEST_NAME} characters, without blanks around it",
            )
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise _refused(where, value, f"a text of at most {LONGEST_TEXT:,} characters")
    return str(value)


def is_name(text: str) -> bool:
    """Whether a text can stand in a column's head, a file of labels with a line each, and on a screen."""
    categories = [unicodedata.category(char) for char in text if char not in JOINERS]
    return (
        len(text) <= LONGEST_NAME
        and text == text.strip()
        and any(category[0] in "LNPS" for category in categories)
        and not any(category in UNPRINTABLE for category in categories)
    )


def _refused(where: str, value, expected: str) -> StressIDError:
    return StressIDError(f"{where} is {shown(value)}; expected {expected}.")


def _or(names) -> str:
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
