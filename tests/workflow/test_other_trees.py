"""Other data as a test: audio alone, people and sounds that no model was trained on."""

import csv
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from stressid_keras.analysis.baselines import baseline_probabilities
from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import bootstrap_interval, read_predictions
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.store import PreparedStore
from stressid_keras.training.keras_file import load_network
from stressid_keras.workflow import CrossValidation, Run, compute_baseline_features, other_data, prepare

from .conftest import Recorder

AUDIO_BASELINES = {f"audio_{name}" for name in ("logistic_regression", "svm", "random_forest", "knn")}
AUDIO_BASELINES |= {"speech_logistic_regression"}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A StressID tree with sound files and labels, of four people that are in no other."""
    root = tmp_path_factory.mktemp("elsewhere") / "abroad"
    make_synthetic_tree(root, SyntheticConfig(subjects=4, tasks=3, seconds=4.0, seed=5))
    for folder in ("Videos", "Physiological"):
        shutil.rmtree(root / folder)
    return root


@pytest.fixture(scope="module")
def listed(elsewhere, tmp_path_factory):
    """The same recordings as a table, whose classes have names of their own; one sound file is none."""
    root = tmp_path_factory.mktemp("listed") / "clinic"
    shutil.copytree(elsewhere / "Audio", root / "sounds")
    with open(elsewhere / "labels.csv", newline="") as file:
        labels = {row["subject/task"]: row["affect3-class"] for row in csv.DictReader(file)}
    rows = [
        (*path.stem.split("_", 1), int(float(labels[path.stem])), path.relative_to(root))
        for path in sorted(root.glob("sounds/*/*.wav"))
    ]
    (root / rows[-1][-1]).write_bytes(b"no sound")
    write_table(root / "recordings.csv", rows, ["calm", "so-so", "tense"])
    return root / "recordings.csv"


def write_table(path, rows, classes):
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=["subject", "task", "label", "audio"]).to_csv(path, index=False)
    path.with_suffix(".json").write_text(json.dumps({"classes": classes}))


@pytest.fixture(scope="module")
def make_run(tiny_tree, two_terms, tmp_path_factory):
    """make_run(*other trees) → a run; all of them in one folder, so that its networks are trained once."""
    folder = tmp_path_factory.mktemp("run")

    def make(*trees, config=two_terms):
        folders = folder / "prepared" / "tiny", folder / "run"
        return Run(tiny_tree, *folders, config, reporter=Recorder(), other_trees=trees)

    return make


@pytest.fixture(scope="module")
def tested(make_run, elsewhere, listed):
    run = make_run(elsewhere, listed)
    return run, run.evaluate()


def test_scores_are_those_of_the_predictions(tested):
    run, metrics = tested
    first, second = metrics["also_tested"]
    assert [first["name"], second["name"]] == ["abroad", "clinic"]
    assert set(first["models"]) == {"student", "student_ce"} | AUDIO_BASELINES
    assert set(second["models"]) == set(first["models"])
    names = list(other_data(run.context))
    for name, found in zip(names, (first, second), strict=True):
        table = read_predictions(run.output_dir / "also_tested" / name / "predictions.csv")
        for model, rows in table.groupby("model"):
            scores = found["models"][model]
            f1 = f1_score(
                rows["label"], rows["predicted"], average="macro", labels=[0, 1, 2], zero_division=0
            )
            assert scores["macro_f1"] == pytest.approx(f1)
            assert scores["accuracy"] == pytest.approx(accuracy_score(rows["label"], rows["predicted"]))
            assert scores["macro_f1_interval"] == list(bootstrap_interval(rows, "macro_f1"))
            assert (scores["n_subjects"], scores["n_windows"]) == (4, len(rows))
    assert first["protocol"]["name"] == "one training"
    assert first["protocol"]["n_windows"] == 12
    assert first["floors"]["majority_macro_f1"] < 0.4


def test_a_student_says_of_a_window_what_its_network_says(tested):
    run, _ = tested
    name, other = next(iter(other_data(run.context).items()))
    table = read_predictions(run.output_dir / "also_tested" / name / "predictions.csv")
    rows = table[table["model"] == "student"].reset_index()
    assert other.prepared_dir == run.context.prepared_dir.parent / f"{name}-audio"
    windows = PreparedStore.open(other.prepared_dir)
    assert windows.modalities == ("audio",)
    network = load_network(run.output_dir / "student.keras")
    log_mel = from_stored(windows.read(3, "audio"), "audio")[None, ..., None]
    logits = network.predict(given(network, log_mel), verbose=0)["logits"][0]
    odds = np.exp(logits - logits.max())
    found = rows.loc[3, [column for column in rows if column.startswith("p_")]]
    np.testing.assert_allclose(found.to_numpy(float), odds / odds.sum(), atol=1e-5)


def given(network, log_mel):
    """The inputs of a student for one window without padding."""
    sizes = np.array([log_mel.shape[1:3]], np.int32)
    by_name = {"audio": log_mel, "audio_size": sizes}
    return {name: by_name[name] for name in network.input}


def test_baselines_learn_from_the_runs_own_people_alone(tested, make_run):
    """Other labels of the other data would change nothing."""
    run, _ = tested
    name, other = next(iter(other_data(run.context).items()))
    own, theirs = (compute_baseline_features(one) for one in (run.context, other))
    voices = [column for column in own if column.startswith(("audio_", "speech_"))]
    manifest, split = prepare(run.context).manifest, run.split
    rows = {part: np.flatnonzero(manifest["subject"].isin(split.parts[part])) for part in ("train", "val")}
    rows["test"] = np.arange(len(own), len(own) + len(theirs))
    wrong = np.zeros(len(theirs), int)
    expected = baseline_probabilities(
        pd.concat([own[voices], theirs[voices]]), rows, np.concatenate([manifest["label"], wrong]), 3, 0
    )
    table = read_predictions(run.output_dir / "also_tested" / name / "predictions.csv")
    for model in AUDIO_BASELINES:
        answers = table[table["model"] == model].filter(regex="^p_").to_numpy()
        np.testing.assert_array_equal(answers, expected[model]["test"])


def test_one_bad_recording_stops_nothing_and_is_named(tested):
    run, metrics = tested
    _, other = list(other_data(run.context).items())[1]
    assert metrics["also_tested"][1]["protocol"]["n_windows"] == 11
    failures = pd.read_csv(other.prepared_dir / "failures.csv")
    assert list(failures["modality"]) == ["audio"]


def test_report_card_and_findings_say_what_was_unheard(tested):
    run, metrics = tested
    report = (run.output_dir / "report.html").read_text(encoding="utf-8")
    card = (run.output_dir / "model_card.md").read_text(encoding="utf-8")
    for text in (report, card):
        assert "The models heard nothing of these people, of their microphone and room" in text
        assert "The classes are called calm, so-so, tense there, and are taken for Low, Medium, High" in text
        assert "abroad: one training, 4 subjects, 12 windows" in text
        assert "mean of the scores of all trainings" not in text
    assert card.index("## Scores") < card.index("## Other data") < card.index("## Robustness")
    assert [
        line for line in metrics["findings"] if line.startswith("On abroad, of which it had heard nothing")
    ]


def test_what_is_there_is_not_made_again(tested, make_run, elsewhere, listed):
    _, metrics = tested
    again = make_run(elsewhere, listed)
    assert again.evaluate() == metrics
    assert {stage for stage, _ in again.context.reporter.worked} == set()


def test_a_run_that_is_not_asked_for_it_says_nothing_of_other_data(tested, make_run, elsewhere, listed):
    run = make_run()
    assert "also_tested" not in run.evaluate()
    card = (run.output_dir / "model_card.md").read_text(encoding="utf-8")
    assert "What the model does with other microphones" in card
    assert "<h2>On other data</h2>" not in (run.output_dir / "report.html").read_text(encoding="utf-8")
    again = make_run(elsewhere, listed)
    again.evaluate()
    assert {stage for stage, _ in again.context.reporter.worked} == {"evaluation"}


def test_data_that_cannot_be_compared_are_refused_before_anything_is_trained(
    tiny_tree, two_terms, elsewhere, tmp_path
):
    table = tmp_path / "two" / "recordings.csv"
    sound = next(elsewhere.glob("Audio/*/*.wav"))
    write_table(table, [("a", "talk", 0, sound), ("b", "talk", 1, sound)][:1], ["calm", "stress"])
    copy = shutil.copytree(tiny_tree, tmp_path / "copy")
    shutil.rmtree(copy / "Videos")
    for tree, message in (
        (table, r"has 2 classes \(calm, stress\); expected 3, as the models have \(Low, Medium, High\)"),
        (
            copy,
            "holds 18 windows of sound that .* has, too, the first in .*; expected recordings that no model",
        ),
        (tmp_path / "none", "none does not exist"),
    ):
        run = Run(tiny_tree, tmp_path / "prepared" / "a", tmp_path / "run", two_terms, other_trees=[tree])
        with pytest.raises(StressIDError, match=message):
            run.evaluate()
        assert not (tmp_path / "run" / "teacher.keras").exists()


def test_every_key_is_documented(tested):
    text = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    _, metrics = tested
    found = metrics["also_tested"][0]
    assert "`also_tested[].name`" in text
    for key in found["protocol"]:
        assert f"`also_tested[].protocol.{key}" in text, key
    assert "`also_tested[].models.<tested>.<score>`" in text
    assert "`also_tested[].floors.<floor>_<score>`" in text


def test_every_fold_is_asked_about_all_of_it_and_the_scores_are_their_mean(
    finished_folds, make_folds, elsewhere
):
    folds, metrics = finished_folds
    context = dataclasses.replace(folds.context, other_trees=(elsewhere,), reporter=Recorder())
    again = CrossValidation(context, 3, 1, 2)
    found = again.evaluate()
    (abroad,) = found.pop("also_tested")
    findings = [line for line in found.pop("findings") if not line.startswith("On abroad")]
    assert {**found, "findings": findings} == metrics
    assert abroad["protocol"]["name"] == "mean over 3 trainings (3 folds by subject)"
    (name,) = other_data(context)
    tables = [read_predictions(result.other(name) / "predictions.csv") for result in again.split_results()]
    each = [table[table["model"] == "student"] for table in tables]
    scores = [
        f1_score(rows["label"], rows["predicted"], average="macro", labels=[0, 1, 2], zero_division=0)
        for rows in each
    ]
    student = abroad["models"]["student"]
    assert student["macro_f1"] == pytest.approx(np.mean(scores))
    assert student["n_windows"] == 12
    low, high = student["macro_f1_interval"]
    assert low <= student["macro_f1"] <= high
    report = (again.folder / "report.html").read_text(encoding="utf-8")
    assert "what to expect of one model, not what all would say together" in report
    still = dataclasses.replace(context, reporter=Recorder())
    CrossValidation(still, 3, 1, 2).evaluate()
    assert {stage for stage, _ in still.reporter.worked} == set()
    make_folds(folds.context.output_dir.parent).evaluate()  # as the other tests find them
