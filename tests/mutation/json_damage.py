"""Ways to damage JSON and leave JSON, or nearly."""

import json

import numpy as np

VALUES = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        3,
        7,
        0.5,
        1.5,
        -0.5,
        1e-9,
        1e9,
        2**31,
        2**32,
        2**63,
        10**30,
        -(10**30),
    ),
    *(float("nan"), float("inf"), float("-inf")),
    *("", "x", "0", "a\nb", "\u2028", "\ud800", "é" * 300, "../../x"),
    *([], {}, [0], [None], {"a": 1}, [[]], [1, 2, 3, 4, 5]),
)
TEXTS = (
    "[" * 100_000,
    '{"a":' * 100_000,
    "1e999999",
    "9" * 5000,
    "-",
    "NaN",
    "nul",
    '"\\ud800"',
    "00",
    "'a'",
)


def change_value(content: bytes, rng: np.random.Generator) -> bytes:
    """One value, at any depth, becomes another one."""
    return _edited(
        content, rng, lambda owner, key: owner.__setitem__(key, VALUES[int(rng.integers(len(VALUES)))])
    )


def nudge_value(content: bytes, rng: np.random.Generator) -> bytes:
    """One value becomes another of the same type: what no schema shows."""

    def nudge(owner, key):
        value = owner[key]
        if isinstance(value, bool):
            owner[key] = not value
        elif isinstance(value, int | float):
            factor = float(rng.choice((0.5, 2, -1, 1.001)))
            owner[key] = type(value)(value * factor) if value and np.isfinite(value) else 1
        elif isinstance(value, str):
            owner[key] = value[::-1] if rng.integers(2) else value + "x"
        elif isinstance(value, list):
            owner[key] = value[::-1] if rng.integers(2) else [*value, *value[:1]]

    return _edited(content, rng, nudge)


def drop_value(content: bytes, rng: np.random.Generator) -> bytes:
    return _edited(content, rng, lambda owner, key: owner.__delitem__(key))


def swap_values(content: bytes, rng: np.random.Generator) -> bytes:
    """Two values of the file change places."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(value))
    if len(places) < 2:
        return content
    (a, i), (b, j) = (places[int(n)] for n in rng.integers(0, len(places), 2))
    a[i], b[j] = b[j], a[i]
    return _dumped(value, content)


def rename_key(content: bytes, rng: np.random.Generator) -> bytes:
    def rename(owner, key):
        if isinstance(owner, dict):
            owner[str(rng.choice((key + "x", "", key.upper(), "é", "__class__")))] = owner.pop(key)

    return _edited(content, rng, rename)


def whole_value(content: bytes, rng: np.random.Generator) -> bytes:
    """Other JSON altogether."""
    return _dumped(VALUES[int(rng.integers(len(VALUES)))], content)


def raw_value(content: bytes, rng: np.random.Generator) -> bytes:
    """A value that Python's writer would not write: too deep, too long, no JSON."""
    marked = _edited(content, rng, lambda owner, key: owner.__setitem__(key, "@@"))
    return marked.replace(b'"@@"', TEXTS[int(rng.integers(len(TEXTS)))].encode(), 1)


JSON = (
    change_value,
    change_value,
    change_value,
    nudge_value,
    nudge_value,
    nudge_value,
    drop_value,
    swap_values,
    rename_key,
    whole_value,
    raw_value,
)


def _edited(content: bytes, rng: np.random.Generator, edit) -> bytes:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(value))
    if not places:
        return content
    edit(*places[int(rng.integers(len(places)))])
    return _dumped(value, content)


def _places(value):
    """Every (container, key) at any depth."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _dumped(value, content: bytes) -> bytes:
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):  # a container that was put into itself
        return content
