"""A teacher that hears: the speech encoder's statistics of all recordings of a person, beside what it sees."""

import dataclasses
import html
import json

import keras
import numpy as np
import pytest

from stressid_keras.config import (
    DatasetConfig,
    DistillationConfig,
    RunConfig,
    TeacherConfig,
    default_distillation,
)
from stressid_keras.errors import StressIDError
from stressid_keras.workflow import Run, prepare
from stressid_keras.workflow.data import encode_speech
from stressid_keras.workflow.imitation.forests import forest_inputs
from stressid_keras.workflow.part_windows import (
    measured,
    measured_names,
    part_rows,
    teacher_measures,
    teacher_rows,
)


@pytest.fixture(scope="module")
def make_run(tiny_tree, tiny_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hearing")

    def make(*modalities, recordings="complete", measures="person", name="run"):
        config = dataclasses.replace(
            tiny_config,
            dataset=DatasetConfig(teacher_modalities=modalities, teacher_recordings=recordings),
            teacher=dataclasses.replace(tiny_config.teacher, measures=measures),
            distillation=default_distillation(),
        )
        prepared = folder / "-".join(("prepared", *modalities))
        return Run(tiny_tree, prepared, folder / name, config)

    return make


@pytest.fixture(scope="module")
def finished(make_run):
    run = make_run("audio", "eda")
    run.evaluate()
    return run


def test_it_hears_statistics_and_sees_no_spectrogram(finished):
    context = finished.context
    teacher = keras.models.load_model(context.output_dir / "teacher.keras")
    assert set(teacher.input) == {"eda", "eda_size", "eda_measures", "audio_measures"}
    assert set(teacher.output) == {"logits", "eda", "audio"}
    statistics, subjects = encode_speech(context), prepare(context).manifest["subject"].to_numpy()
    heard = teacher_measures(context)["audio"]
    np.testing.assert_array_equal(heard[:, :1024], statistics)
    for subject in set(subjects):
        usual = statistics[subjects == subject].astype(float).mean(axis=0)
        own = statistics[subjects == subject] - usual
        np.testing.assert_allclose(heard[subjects == subject, 1024:], own, atol=1e-5)


def test_the_student_hears_as_before(finished):
    student = keras.models.load_model(finished.context.output_dir / "student.keras")
    assert set(student.input) == {"audio", "audio_size"}


def test_report_and_card_say_so(finished):
    folder = finished.context.output_dir
    page = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    assert "The teacher learned the classes from EDA and audio, and knows what is usual" in page
    assert "statistics of the pretrained speech encoder, as measures" in (folder / "model_card.md").read_text(
        encoding="utf-8"
    )
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["teacher"]["test"]["macro_f1"] >= 0


def test_a_forest_in_its_place_hears_too(finished):
    context = finished.context
    values = measured(context)
    assert {name: len(names) for name, names in measured_names(context).items()} == {
        name: each.shape[1] for name, each in values.items()
    }
    assert forest_inputs(context).shape[1] == values["audio"].shape[1] + values["eda"].shape[1]


def test_it_uses_no_recording_without_audio(make_run):
    run = make_run("audio", "eda", recordings="all", name="all")
    complete = part_rows(run.context, "train")
    np.testing.assert_array_equal(teacher_rows(run.context, "train"), complete)


def test_it_may_hear_alone(make_run):
    run = make_run("audio", name="alone")
    teacher = keras.models.load_model(run.teacher())
    assert set(teacher.input) == {"audio_measures"}
    assert run.student().is_file()


def test_without_measures_it_has_no_ears():
    with pytest.raises(StressIDError, match="hears by the measures"):
        RunConfig(
            dataset=DatasetConfig(teacher_modalities=("ecg", "audio")), teacher=TeacherConfig(measures="none")
        )


def test_its_feature_of_the_voice_can_be_compared():
    config = RunConfig(
        dataset=DatasetConfig(teacher_modalities=("audio", "ecg")),
        distillation=DistillationConfig(relational=1.0, compared_features=("audio", "video")),
    )
    assert config.dataset.teacher_modalities == ("ecg", "audio")
    assert config.distillation.compared == ("audio",)
