import copy
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stressid_keras.config import RunConfig
from stressid_keras.evaluation import score_run
from stressid_keras.reporting.card_texts import SYNTHETIC_LICENCE
from stressid_keras.reporting.markdown import escaped, table
from stressid_keras.reporting.model_card import write_model_card

CONFIG = RunConfig().to_dict()
VERSIONS = {"python": "3.11.7", "stressid_keras": "0.1.0"}
SECTIONS = (
    "Model details",
    "Intended use",
    "Data and protocol",
    "Scores",
    "Other data",
    "Robustness",
    "Fairness",
    "Ethical considerations",
    "Findings and caveats",
    "Licence",
    "How to load it",
    "Versions",
)


@pytest.fixture(scope="module")
def metrics(run):
    """The scores of a run, with everything that an evaluation can add."""
    metrics = copy.deepcopy(run[2])
    control = metrics["student_ce"]["test"]
    points = [
        {"level": level, "macro_f1": score, "macro_f1_interval": [score - 0.125, score + 0.125]}
        for level, score in (("clean", 0.5), (20.0, 0.4375), (-5.0, 0.3125))
    ]
    group = {"macro_f1": 0.4375, "macro_f1_interval": [0.25, 0.625], "n_subjects": 2}
    floors = dict.fromkeys(metrics["floors"]["test"], 0.25)
    protocol = {"name": "mean over 3 trainings (3 folds by subject)", "n_trainings": 3, "n_subjects": 5}
    protocol |= {"n_windows": 40, "class_counts": {"Low": 10, "Medium": 20, "High": 10}}
    protocol |= {"class_names": ["calm", "*", "tense"], "taken_for": ["Low", "Medium", "High"]}
    models = {"student": control | {"macro_f1": 0.625}, "audio_svm": control}
    return metrics | {
        "also_tested": [{"name": "ab*road", "protocol": protocol, "models": models, "floors": floors}],
        "baselines": {"audio_svm": {"test": control}},
        "robustness": {"student": {"white_noise": points}},
        "fairness": {"student": {"groups": {"female": group, "male": {**group, "macro_f1": 0.5}}}},
        "probes": {"duplicates": [{"first": "0012", "second": "2e45", "p_value": 0.01}]},
        "leakage_audit": {"audio_svm": {"by_subject": {"macro_f1": 0.375}, "random": {"macro_f1": 0.75}}},
        "findings": ["0012 and 2e45 look like one person.", "The student does not beat * its floors."],
    }


@pytest.fixture
def card(tmp_path, metrics, class_names):
    """A function: the text of a card, with some of its arguments changed."""

    def write(**changes):
        arguments = {
            "metrics": metrics,
            "config": CONFIG,
            "versions": VERSIONS,
            "class_names": class_names,
            "data_name": "voices",
        }
        write_model_card(tmp_path / "model_card.md", **(arguments | changes))
        return (tmp_path / "model_card.md").read_text(encoding="utf-8")

    return write


def section(text, name):
    return re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.S | re.M).group(1)


def rows(text):
    """The cells of all table rows, by their first."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return {row[0]: row[1:] for row in cells}


def test_scores_stand_beside_baselines_and_floors(card, metrics):
    found = rows(section(card(), "Scores"))
    names = [name for name in found if name.startswith(("teacher", "student", "same", "baseline", "floor"))]
    assert names[:7] == [
        "teacher",
        "student",
        "same student, cross-entropy alone",
        "baseline: audio features, SVM",
        "floor: majority",
        "floor: prior",
        "floor: task lookup",
    ]
    scores = metrics["student"]["test"]
    low, high = scores["macro_f1_interval"]
    assert found["student"][2:4] == [f"{scores['macro_f1']:.3f}", f"[{low:.3f}, {high:.3f}]"]
    assert found["floor: majority"][2] == f"{metrics['floors']['test']['majority_macro_f1']:.3f}"


def test_other_data_stand_beside_what_is_to_be_known_of_them(card, metrics):
    found = section(card(), "Other data")
    assert "The models heard nothing of these people" in found
    assert r"ab\*road: mean over 3 trainings (3 folds by subject), 5 subjects, 40 windows" in found
    assert r"called calm, \*, tense there, and are taken for Low, Medium, High" in found
    assert "what to expect of one model" in found
    assert rows(found)["student"][2] == "0.625"
    assert rows(found)["floor: majority"][2] == "0.250"
    assert "baseline: audio features, SVM" in rows(found)
    without = section(card(metrics=metrics | {"also_tested": None}), "Other data")
    assert without.strip().startswith("Not part of this run. What the model does with other microphones")


def test_differences_carry_interval_and_p_value(card, metrics):
    found = rows(section(card(), "Scores"))["student minus control"]
    expected = metrics["comparisons"]["student_minus_student_ce"]["test"]["macro_f1"]
    assert found[0] == f"{expected['difference']:+.3f}"
    assert found[1] == f"[{expected['low']:+.3f}, {expected['high']:+.3f}]"
    assert found[2] == f"{expected['p_value']:.3f}"


def test_what_stands_above_the_floors_is_said_in_words(card, metrics):
    changed = copy.deepcopy(metrics)
    changed["teacher"]["test"] |= {"macro_f1": 0.9, "macro_f1_interval": [0.8, 1.0]}
    changed["student"]["test"] |= {"macro_f1": 0.5, "macro_f1_interval": [0.1, 0.8]}
    changed["student_ce"]["test"] |= {"macro_f1": 0.1, "macro_f1_interval": [0.0, 0.2]}
    text = section(card(metrics=changed), "Scores")
    assert re.search(r"teacher is above the highest floor .*, and so is its whole interval\.", text)
    assert re.search(r"student is above the highest floor .*, but its interval is not\.", text)
    assert re.search(r"control is not above the highest floor ", text)


def test_data_and_protocol_are_told(card):
    text = section(card(), "Data and protocol")
    assert "one split by subject, seed 0" in text
    assert rows(text)["test"] == ["3", "12", "4", "4", "4"]


def test_worst_level_of_each_corruption_and_scores_by_sex_are_shown(card):
    text = card()
    assert rows(section(text, "Robustness"))["white noise"] == [
        "student",
        "0.500",
        "0.312",
        "[0.188, 0.438]",
        "-5 dB SNR",
    ]
    lines = [line for line in section(text, "Fairness").splitlines() if "male" in line]
    assert [line.split("|")[2].strip() for line in lines] == ["female", "male"]


def test_leaky_score_is_called_leaky(card):
    assert re.search(
        r"audio features, SVM .* 0\.750 \(leaky\), and 0\.375 by subject",
        section(card(), "Findings and caveats"),
    )


def test_a_crop_to_the_face_is_told(card):
    video = {**CONFIG["preparation"]["video"], "crop": "face"}
    cropped = {**CONFIG, "preparation": {**CONFIG["preparation"], "video": video}}
    assert "one square about the face, found by BlazeFace" in card(config=cropped)
    assert "BlazeFace" not in card()


def test_no_subject_is_named(card, run):
    text = card()
    for subject in set(run[0]["subject"]) | set(run[1]["subject"]):
        assert subject not in text
    assert "(a subject) and (a subject) look like one person" in text


def test_uses_that_are_out_of_scope_are_named(card):
    text = section(card(), "Intended use")
    for words in ("not a medical device", "a single person", "Article 5(1)(f)", "no legal advice"):
        assert words in text


def test_licence_is_that_of_the_data(card):
    assert "end-user licence" in section(card(data_name="StressID"), "Licence")
    for name in ("speech-stressid", "sample", "voices"):  # a name proves nothing
        assert "See the data's own licence" in section(card(data_name=name), "Licence")
    assert "no person was recorded" in section(card(license_note=SYNTHETIC_LICENCE), "Licence")
    assert "MIT" in section(card(), "Licence")


def test_both_ways_to_load_it_are_told(card):
    text = section(card(), "How to load it")
    assert 'load_model("student.keras")' in text
    assert "16000 Hz, mono" in text


def test_empty_arguments_leave_every_section(card):
    text = card(metrics={}, config={}, versions={})
    assert tuple(re.findall(r"^## (.*)$", text, re.M)) == SECTIONS
    assert all(section(text, name).strip() for name in SECTIONS)
    assert "None" not in text.replace("None were recorded", "")


def paths(values, keys=()):
    for key, value in values.items():
        yield (*keys, key)
        if isinstance(value, dict):
            yield from paths(value, (*keys, key))


def without(whole, path, empty):
    """A copy of `whole` in which what stands at `path` is absent, or None."""
    changed = copy.deepcopy(whole)
    inside = changed
    for key in path[:-1]:
        inside = inside.get(key) or {}
    if empty and path[-1] in inside:
        inside[path[-1]] = None
    else:
        inside.pop(path[-1], None)
    return changed


def holds_every_section(text):
    return tuple(re.findall(r"^## (.*)$", text, re.M)) == SECTIONS and "None" not in text.replace(
        "None were recorded", ""
    )


@pytest.mark.parametrize("empty", [False, True])
def test_each_key_may_be_absent_or_empty(card, metrics, empty):
    whole = {"metrics": metrics, "config": CONFIG}
    single = [path for path in paths(whole) if len(path) > 1]
    assert len(single) > 300
    for path in single:
        assert holds_every_section(card(**without(whole, path, empty))), path


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_keys_may_be_absent_or_empty(card, metrics, data):
    changed = {"metrics": metrics, "config": CONFIG}
    inner = [path for path in paths(changed) if len(path) > 1]
    for path in data.draw(st.lists(st.sampled_from(inner), max_size=12)):
        changed = without(changed, path, data.draw(st.booleans()))
    assert holds_every_section(card(**changed))


@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12))
def test_any_name_reads_the_same_after_rendering(name):
    markdown_it = pytest.importorskip("markdown_it", reason="renders Markdown; comes with Keras")
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    shown = " ".join(name.split())
    for text in (escaped(name), f"- {escaped(name)}", table(("a", "b"), [("x", escaped(name))])):
        tokens = [token for token in parser.parse(text) if token.type == "inline"]
        pieces = tokens[-1].children if tokens else []
        assert {piece.type for piece in pieces} <= {"text", "text_special"}
        assert "".join(piece.content for piece in pieces) == shown.strip()


def test_class_names_are_escaped(card, run, class_names):
    odd = ("<i>Low</i>", "a | *b*", "긴장_1")
    predictions, train, _ = run
    columns = {f"p_{name}": f"p_{new}" for name, new in zip(class_names, odd, strict=True)}
    text = card(metrics=score_run(predictions.rename(columns=columns), odd, train, 0), class_names=odd)
    assert "<i>" not in text.replace(r"\<i\>", "")
    assert r"\<i\>Low\</i\>, a \| \*b\*, 긴장\_1" in text
    header = next(line for line in text.splitlines() if line.startswith("| part"))
    assert len(re.findall(r"(?<!\\)\|", header)) == 7
