"""A whole run on a tiny tree: its files, what it reuses, and what it refuses."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import DatasetConfig, DistillationConfig, ExportOptions, TrainingConfig
from stressid_keras.errors import DatasetError, StressIDError
from stressid_keras.store.images import save_log_mel_image
from stressid_keras.workflow import Reporter, Run, split_people
from stressid_keras.workflow.part_windows import part_rows, teacher_rows
from stressid_keras.workflow.training import load_trained

OUTPUTS = (
    "config.json",
    "split.json",
    "teacher.keras",
    "student.keras",
    "student_ce.keras",
    "history_teacher.csv",
    "history_student.csv",
    "history_student_ce.csv",
    "predictions.csv",
    "metrics.json",
    "scores.csv",
    "subjects.csv",
    "report.html",
    "scores.tex",
    "methods.md",
    "figures/calibration.svg",
    "figures/calibration.png",
    "figures/calibration.csv",
    "model_card.md",
    "student.tflite",
    "student_fp16.tflite",
    "student_int8.tflite",
    "student_mediapipe.tflite",
    "export.json",
)


class Recorder(Reporter):
    def __init__(self):
        self.worked, self.reused_stages, self.warnings = [], [], []
        self.bars = []  # of each stage that was started: name, steps that are expected, steps that were done

    def started(self, stage, total):
        self.worked.append(stage)
        self.bars.append((stage, total, []))

    def progress(self, stage, done, values):
        next(steps for name, _, steps in reversed(self.bars) if name == stage).append(done)

    def reused(self, stage, files):
        self.reused_stages.append(stage)

    def warn(self, sentence):
        self.warnings.append(sentence)


def make_run(tree, folder, config, **changes):
    config = dataclasses.replace(config, **changes)
    return Run(tree, folder / "prepared", folder / "run", config, reporter=Recorder())


@pytest.fixture(scope="module")
def finished(tiny_tree, tiny_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run = make_run(tiny_tree, folder, tiny_config)
    run.evaluate()
    run.export()
    check_bars(run.context.reporter)
    return folder


def check_bars(reporter):
    """A bar never goes back nor past its end, and ends there."""
    for stage, total, steps in reporter.bars:
        assert steps == sorted(set(steps)), stage
        assert steps[-1:] == [total], f"{stage}: {steps} of {total}"


@pytest.fixture
def copied(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_run_leaves_every_file(finished):
    missing = [name for name in OUTPUTS if not (finished / "run" / name).is_file()]
    assert not missing


def test_metrics_stand_beside_their_floors(finished):
    metrics = json.loads((finished / "run" / "metrics.json").read_text())
    for model in ("teacher", "student", "student_ce"):
        assert set(metrics[model]) == {"train", "val", "test"}
        assert {"accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"} <= set(metrics[model]["test"])
    assert {"majority_macro_f1", "task_lookup_macro_f1"} <= set(metrics["floors"]["test"])


def test_no_subject_is_in_two_parts(finished):
    split = json.loads((finished / "run" / "split.json").read_text())
    predictions = pd.read_csv(finished / "run" / "predictions.csv", dtype={"subject": str})
    for part in ("train", "val", "test"):
        assert set(predictions.loc[predictions["split"] == part, "subject"]) == set(split[part])
    assert len({*split["train"], *split["val"], *split["test"]}) == sum(
        len(split[part]) for part in ("train", "val", "test")
    )


def test_second_run_reuses_everything(finished, tiny_tree, tiny_config):
    run = make_run(tiny_tree, finished, tiny_config)
    before = {path: path.stat().st_mtime_ns for path in (finished / "run").glob("*.keras")}
    run.evaluate()
    run.export()
    reporter = run.context.reporter
    assert set(reporter.reused_stages) >= {"prepare", "split", "teacher", "student", "evaluation", "export"}
    assert reporter.worked == ["prepare"]  # which looks whether anything changed
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_changed_loss_weight_redoes_the_student_alone(copied, tiny_tree, tiny_config):
    run = make_run(tiny_tree, copied, tiny_config, distillation=DistillationConfig(alpha=5.0))
    run.student()
    assert {"student"} == set(run.context.reporter.worked) - {"prepare"}
    assert {"teacher", "teacher features"} <= set(run.context.reporter.reused_stages)


def test_changed_teacher_redoes_what_depends_on_it(copied, tiny_tree, tiny_config):
    training = TrainingConfig(epochs=1, patience=2, run_eagerly=True)
    run = make_run(tiny_tree, copied, tiny_config, teacher_training=training)
    run.student()
    assert {"teacher", "teacher features", "student"} == set(run.context.reporter.worked) - {"prepare"}


def test_lost_file_is_made_again(copied, tiny_tree, tiny_config):
    content = (copied / "run" / "metrics.json").read_bytes()
    (copied / "run" / "metrics.json").unlink()
    make_run(tiny_tree, copied, tiny_config).evaluate()
    assert (copied / "run" / "metrics.json").read_bytes() == content


def test_same_seed_gives_the_same_training_curve(finished, tiny_tree, tiny_config, tmp_path):
    run = Run(tiny_tree, finished / "prepared", tmp_path, tiny_config)
    run.student()
    for name in ("split.json", "history_teacher.csv", "history_student.csv"):
        assert (tmp_path / name).read_bytes() == (finished / "run" / name).read_bytes(), name


def test_zero_weights_reproduce_the_control_exactly(copied, tiny_tree, tiny_config):
    run = make_run(tiny_tree, copied, tiny_config, distillation=DistillationConfig(0.0, 0.0, 0.0, 0.0))
    weights = [load_trained(path.parent, path.stem).get_weights() for path in (run.student(), run.control())]
    for distilled, control in zip(*weights, strict=True):
        np.testing.assert_array_equal(distilled, control)
    histories = [pd.read_csv(copied / "run" / f"history_{name}.csv") for name in ("student", "student_ce")]
    for column in ("loss", "cross_entropy", "uar", "val_loss"):
        np.testing.assert_array_equal(histories[0][column], histories[1][column])


def test_renamed_classes_retrain_nothing(copied, tiny_tree, tiny_config):
    dataset = dataclasses.replace(tiny_config.dataset, class_names=("Neutral", "Stress", "Amusement"))
    run = make_run(tiny_tree, copied, tiny_config, dataset=dataset)
    metrics = run.evaluate()
    assert set(run.context.reporter.worked) == {"prepare", "predictions", "baselines", "evaluation"}
    assert "recall_Amusement" in metrics["student"]["test"]


def test_demographics_that_come_later_are_scored(copied, tiny_tree, tiny_config):
    """They are of the tree, not of what was prepared from it; no network is asked again."""
    people = sorted(path.name for path in (tiny_tree / "Audio").iterdir())
    file = tiny_tree / "demographics.csv"
    file.write_text("subject,sex\n" + "".join(f"{name},F\n" for name in people))
    try:
        run = make_run(tiny_tree, copied, tiny_config)
        metrics = run.evaluate()
    finally:
        file.unlink()
    assert set(run.context.reporter.worked) == {"prepare", "evaluation"}
    assert metrics["fairness"]["student"]["groups"]["female"]["n_subjects"] == 1
    assert "| female |" in (copied / "run" / "model_card.md").read_text()


def test_audio_that_came_as_images_is_scored_and_not_exported(tiny_tree, tiny_config, tiny_store, tmp_path):
    tree = shutil.copytree(tiny_tree, tmp_path / "tree")
    for row in range(len(tiny_store)):
        name, subject = tiny_store.manifest.iloc[row][["recording", "subject"]]
        save_log_mel_image(tree / "Audio" / subject / f"{name}.png", tiny_store.read(row, "audio"))
        (tree / "Audio" / subject / f"{name}.wav").unlink()
    run = make_run(tree, tmp_path, tiny_config)
    assert run.evaluate()["student"]["test"]["n_windows"] == 3
    assert "came as images" in run.export_obstacle


def test_binary_labels_end_to_end(tiny_tree, tiny_config, tmp_path):
    run = make_run(tiny_tree, tmp_path, tiny_config, dataset=DatasetConfig(label="binary"))
    metrics = run.evaluate()
    assert set(metrics["protocol"]["class_names"]) == {"NoStress", "Stress"}
    run.export(ExportOptions(variants=("float32",)))


def test_teacher_learns_from_recordings_without_audio(tiny_tree, tiny_config, tmp_path):
    """They are in what the teacher is trained on and chosen by, and nowhere else."""
    tree = shutil.copytree(tiny_tree, tmp_path / "tree")
    silent = sorted(tree.glob("Audio/*/*.wav"))[:3]  # all recordings of the first subject
    partly = sorted(tree.glob("Audio/*/*_*.wav"))[3::3]  # one recording of every other
    for wav in (*silent, *partly):
        wav.unlink()
    dataset = dataclasses.replace(tiny_config.dataset, teacher_recordings="all")
    run = make_run(tree, tmp_path, tiny_config, dataset=dataset)
    names = run.store.manifest["recording"].to_numpy()
    without_audio = {wav.stem for wav in silent}
    assert without_audio <= set(names[teacher_rows(run.context, "train")])
    for part in ("train", "val"):
        people = run.split.parts[part]
        wanted = {wav.stem for wav in partly if wav.parent.name in people}
        assert wanted
        assert wanted <= set(names[teacher_rows(run.context, part)]) - set(
            names[part_rows(run.context, part)]
        )
    for part in ("train", "val", "test"):
        assert not without_audio & set(names[part_rows(run.context, part)])
    assert run.split.extra_train == (silent[0].parent.name,)


def test_bad_recordings_are_listed_and_do_not_stop_the_run(tiny_tree, tiny_config, tmp_path):
    tree = shutil.copytree(tiny_tree, tmp_path / "tree")
    bad = sorted(tree.glob("Audio/*/*.wav"))[0]
    bad.write_bytes(b"")
    run = make_run(tree, tmp_path, tiny_config)
    used = {
        part: set(run.store.manifest["recording"].iloc[part_rows(run.context, part)])
        for part in run.split.parts
    }
    assert not any(bad.stem in names for names in used.values())
    assert sum(map(len, used.values())) == 17
    failures = pd.read_csv(tmp_path / "prepared" / "failures.csv")
    assert failures["recording"].tolist() == [bad.stem]
    assert failures["modality"].tolist() == ["audio"]
    assert any("failures.csv says why" in sentence for sentence in run.context.reporter.warnings)


def test_two_subjects_are_too_few(tiny_tree, tiny_config, tmp_path):
    tree = shutil.copytree(tiny_tree, tmp_path / "tree")
    for folder in sorted((tree / "Videos").iterdir())[2:]:
        shutil.rmtree(folder)
    with pytest.raises(DatasetError, match="2 subjects"):
        split_people(make_run(tree, tmp_path, tiny_config).context)


def test_output_that_cannot_be_written_is_a_sentence(finished, tiny_tree, tiny_config, tmp_path):
    (tmp_path / "file").write_text("in the way")
    run = Run(tiny_tree, finished / "prepared", tmp_path / "file" / "run", tiny_config)
    with pytest.raises(StressIDError, match=r"cannot be written .* choose another output folder"):
        split_people(run.context)
