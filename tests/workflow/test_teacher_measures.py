"""A run whose teacher takes measures: they come to training, to its questions, and to the texts."""

import dataclasses

import keras
import numpy as np
import pytest

from stressid_keras.workflow import Run, prepare
from stressid_keras.workflow.analysis import network_outputs
from stressid_keras.workflow.part_windows import part_rows, teacher_measures


@pytest.fixture(scope="module")
def make_run(tiny_tree, tiny_config, tmp_path_factory):
    prepared = tmp_path_factory.mktemp("measured")

    def make(measures):
        teacher = dataclasses.replace(tiny_config.teacher, measures=measures)
        return Run(
            tiny_tree, prepared, prepared / measures, dataclasses.replace(tiny_config, teacher=teacher)
        )

    return make


def test_person_stands_beside_window(make_run):
    person, window = (teacher_measures(make_run(name).context) for name in ("person", "window"))
    assert list(person) == list(window) == ["video", "ecg", "eda", "rr"]
    subjects = prepare(make_run("window").context).manifest["subject"].to_numpy()
    for name, values in window.items():
        both = person[name]
        np.testing.assert_array_equal(both[:, : values.shape[1]], values)
        for subject in set(subjects):
            own = both[subjects == subject, values.shape[1] :]
            np.testing.assert_allclose(own[:, np.isfinite(own).all(axis=0)].mean(axis=0), 0, atol=1e-6)
    assert teacher_measures(make_run("none").context) == {}


def test_teacher_and_student_are_trained_and_asked_with_them(make_run):
    run = make_run("person")
    teacher = keras.models.load_model(run.teacher())
    assert teacher.input["ecg_measures"].shape == (None, 40)
    rows = part_rows(run.context, "test")
    logits = network_outputs(run.context, teacher, rows)["logits"]
    assert np.isfinite(logits).all()
    run.student()
    stored = np.load(run.context.output_dir / "teacher_features.npz")
    assert {"video", "ecg", "eda", "rr", "logits"} <= {name.rpartition("/")[2] for name in stored.files}


def test_another_choice_is_another_teacher(make_run):
    run = make_run("window")
    first = run.teacher().read_bytes()
    changed = dataclasses.replace(
        run.context.config, teacher=dataclasses.replace(run.context.config.teacher, measures="none")
    )
    again = Run(run.context.data_dir, run.context.prepared_dir, run.context.output_dir, changed)
    assert again.teacher().read_bytes() != first
    assert "ecg_measures" not in keras.models.load_model(again.teacher()).input


def test_a_teacher_may_take_the_landmarks_of_the_face_in_place_of_its_picture(make_run):
    run = make_run("person")
    pictures = run.teacher().read_bytes()
    changed = dataclasses.replace(
        run.context.config,
        teacher=dataclasses.replace(run.context.config.teacher, video_measures="landmarks"),
    )
    again = Run(run.context.data_dir, run.context.prepared_dir, run.context.output_dir, changed)
    assert again.teacher().read_bytes() != pictures
    inputs = keras.models.load_model(again.teacher()).input
    assert inputs["video_measures"].shape == (None, 30)
    assert inputs["ecg_measures"].shape == (None, 40)
    assert teacher_measures(run.context)["video"].shape[1] == 512
