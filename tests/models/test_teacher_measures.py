"""The teacher's second path: what signals and face measure, beside their pictures."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.config import TeacherConfig
from stressid_keras.models import build_teacher

pytestmark = pytest.mark.backend

CONFIG = TeacherConfig(video_filters=(4,), signal_filters=(4,), feature_size=6)
MODALITIES = ("video", "eda")


@pytest.fixture(scope="module")
def measures():
    random = np.random.default_rng(0)
    return {"video": random.normal(100, 20, (9, 8)), "eda": random.normal(3, 0.1, (9, 5))}


@pytest.fixture(scope="module")
def batch(measures):
    random = np.random.default_rng(1)
    return {
        "video": random.random((2, 4, 8, 8, 3), "float32"),
        "video_size": np.array([(4, 8, 8), (4, 8, 8)], "int32"),
        "eda": random.random((2, 8, 8, 1), "float32"),
        "eda_size": np.array([(8, 8), (8, 8)], "int32"),
        **{f"{name}_measures": values[:2].astype("float32") for name, values in measures.items()},
    }


def answers(teacher, batch):
    return {name: convert_to_numpy(values) for name, values in teacher(batch, training=False).items()}


def test_a_modalitys_measures_change_its_feature_and_no_other(measures, batch):
    teacher = build_teacher(3, CONFIG, MODALITIES, measures)
    before = answers(teacher, batch)
    after = answers(teacher, batch | {"eda_measures": batch["eda_measures"] + 1})
    np.testing.assert_array_equal(before["video"], after["video"])
    assert np.abs(before["eda"] - after["eda"]).max() > 1e-3
    assert np.abs(before["logits"] - after["logits"]).max() > 1e-4


def test_missing_measures_are_those_of_the_training_parts_mean(measures, batch):
    teacher = build_teacher(3, CONFIG, MODALITIES, measures)
    missing = answers(teacher, batch | {"eda_measures": np.full((2, 5), np.nan, "float32")})
    average = answers(
        teacher,
        batch | {"eda_measures": np.repeat(measures["eda"].mean(axis=0)[None], 2, 0).astype("float32")},
    )
    for name, values in missing.items():
        np.testing.assert_allclose(values, average[name], atol=1e-5)


def test_without_measures_it_is_the_specifications(measures):
    teacher = build_teacher(3, CONFIG, MODALITIES)
    assert set(teacher.input) == {"video", "video_size", "eda", "eda_size"}
    assert not [layer for layer in teacher.layers if "measures" in layer.name]


def test_a_saved_teacher_answers_the_same(measures, batch, tmp_path):
    teacher = build_teacher(3, CONFIG, MODALITIES, measures)
    teacher.save(tmp_path / "teacher.keras")
    loaded = answers(keras.models.load_model(tmp_path / "teacher.keras"), batch)
    for name, values in answers(teacher, batch).items():
        np.testing.assert_allclose(loaded[name], values, atol=1e-6)
