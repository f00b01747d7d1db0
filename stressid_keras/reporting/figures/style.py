"""How models, classes and subjects are named, coloured and marked."""

from collections.abc import Iterable

# Okabe and Ito's palette: told apart with every common colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# As many as have no common divisor with the colours: 63 subjects get 63 different pairs.
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")
HATCHES = ("", "////", "----", "||||", "xxxx")  # of bars, where a marker has no room
MODEL_STYLES = {"teacher": ("s", COLOURS[2]), "student": ("o", COLOURS[0]), "student_ce": ("^", COLOURS[1])}


def model_styles(models: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Marker and colour of each model, the same for teacher, student and control in every figure."""
    free = [pair for pair in group_styles(len(COLOURS) * len(MARKERS)) if pair[1] not in COLOURS[:3]]
    styles = {}
    for model in models:
        others = len(styles.keys() - MODEL_STYLES.keys())
        styles[model] = MODEL_STYLES.get(model) or free[others % len(free)]
    return styles


def group_styles(count: int) -> list[tuple[str, str]]:
    """Marker and colour of each of so many classes or subjects."""
    return [(MARKERS[index % len(MARKERS)], COLOURS[index % len(COLOURS)]) for index in range(count)]


def value_text(value: float | None, low: float | None = None, high: float | None = None, form=".3f") -> str:
    """A number and its interval; what is None or NaN is left out, and said where it is the number itself."""
    absent = [end is None or end != end for end in (value, low, high)]
    if absent[0]:
        return "none"
    return format(value, form) + ("" if any(absent) else f" [{low:{form}}, {high:{form}}]")
