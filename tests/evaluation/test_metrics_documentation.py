import re
from pathlib import Path

import pandas as pd
import pytest

from stressid_keras.evaluation import score_folds
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import compared_metrics
from stressid_keras.evaluation.models import NETWORKS
from stressid_keras.evaluation.predictions import SPLITS

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$")
PAIRS = ("student_minus_student_ce", "teacher_minus_student_ce", "teacher_minus_student")


@pytest.fixture(scope="module")
def documented():
    """Documented paths of metrics.json, and when each is present."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("## metrics.json")[2].partition("\n## ")[0]
    rows = (ROW.match(line) for line in section.splitlines())
    return {row.group(1): row.group(2).strip() for row in rows if row}


@pytest.fixture(scope="module")
def folds(manifest, predict, class_names):
    """The scores of two repeats of three folds."""
    subjects = sorted(manifest["subject"].unique())
    tables, train = [], []
    for repeat in range(2):
        for fold in range(3):
            tested = manifest["subject"].isin(subjects[fold::3])
            place = {"repeat": repeat, "fold": fold}
            tables += [predict(model, "test", manifest[tested]).assign(**place) for model in NETWORKS]
            train.append(manifest[~tested].assign(**place))
    return score_folds(pd.concat(tables), pd.concat(train), class_names, seed=0)


@pytest.fixture(params=["one split", "folds"])
def metrics(request, run, folds):
    return run[2] if request.param == "one split" else folds


def words(class_names):
    """What may stand for each name in angle brackets."""
    return {
        "<model>": NETWORKS,
        "<split>": SPLITS,
        "<class>": tuple(class_names),
        "<floor>": tuple(FLOORS),
        "<pair>": PAIRS,
        "<compared>": tuple(compared_metrics()),
    }


def pattern(path, class_names):
    text = re.escape(path)
    for placeholder, known in words(class_names).items():
        text = text.replace(placeholder, f"(?:{'|'.join(map(re.escape, known))})")
    return re.compile(re.sub(r"<\w+>", r"[^.\\[]+", text))


def paths_of(value, path=""):
    """The paths of all that is no dict; of a list of dicts, those in its items."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from paths_of(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from paths_of(item, f"{path}[]")
    else:
        yield path


def missing(value, path, class_names):
    """Paths that `path` promises and `value` lacks; what a placeholder leaves out altogether is no promise."""
    if value is None:  # a comparison of two models without a common window
        return
    key, _, rest = path.partition(".")
    if re.fullmatch(r"<\w+>", key) and rest:
        for name in words(class_names)[key]:
            if name in value:
                yield from missing(value[name], rest, class_names)
        return
    names = [key]
    for placeholder, known in words(class_names).items():
        names = [name.replace(placeholder, word) for name in names for word in known]
        names = list(dict.fromkeys(names))
    for name in names:
        if name not in value:
            yield name
        elif rest:
            yield from missing(value[name], rest, class_names)


def test_every_key_is_documented(metrics, documented, class_names):
    patterns = [pattern(path, class_names) for path in documented]
    strange = {path for path in paths_of(metrics) if not any(known.fullmatch(path) for known in patterns)}
    assert strange == set()


def test_what_is_documented_as_always_present_is(metrics, documented, class_names):
    always = [path for path, when in documented.items() if when == "always"]
    assert len(always) > 40
    assert {path: lacking for path in always if (lacking := list(missing(metrics, path, class_names)))} == {}


def test_the_check_notices_a_new_key_and_a_lost_one(run, documented, class_names):
    scores = {name: value for name, value in run[2]["student"]["test"].items() if name != "brier"}
    assert list(missing({"student": {"test": scores}}, "<model>.<split>.brier", class_names)) == ["brier"]
    new = "student.test.brier_skill"
    assert not any(pattern(path, class_names).fullmatch(new) for path in documented)


def test_columns_of_predictions_are_documented(run, class_names):
    section = DOCUMENT.read_text(encoding="utf-8").partition("## predictions.csv")[2].partition("\n## ")[0]
    columns = {column.replace("<class>", "{}") for column in re.findall(r"^\| `([^`]+)`", section, re.M)}
    expected = {"p_{}" if name[2:] in class_names else name for name in run[0]} | {"repeat", "fold"}
    assert columns == expected
