"""A student with its normalisation folded into the convolutions computes the same."""

import keras
import numpy as np
import pytest

from stressid_keras.config import StudentConfig
from stressid_keras.export.folding import fold_normalisation
from stressid_keras.layers import MaskedBatchNormalization
from stressid_keras.models import build_student
from stressid_keras.models.backbones import student_blocks

from ..conftest import with_moving_statistics

pytestmark = pytest.mark.backend


def batch(bands=16):
    generator = np.random.default_rng(0)
    x = np.zeros((2, 60, bands, 1), "float32")
    x[0] = generator.random((60, bands, 1))
    x[1, :17] = generator.random((17, bands, 1))
    return {"audio": x, "audio_size": np.array([[60, bands], [17, bands]], "int32")}


def outputs(model):
    return {k: keras.ops.convert_to_numpy(v) for k, v in model(batch(), training=False).items()}


def normalisations(model):
    return [layer.name for layer in model.layers if isinstance(layer, MaskedBatchNormalization)]


@pytest.mark.parametrize(
    ("name", "backbone", "filters"),
    [
        ("small_student", "cnn", (4, 6, 8, 10)),
        ("separable_student", "separable", (8, 12, 16, 20)),
        ("statistics_student", "statistics", (4, 6, 8)),
    ],
)
def test_folded_student_computes_the_same_also_beside_padding(name, backbone, filters, request):
    student = request.getfixturevalue(name)
    config = StudentConfig(filters=filters, backbone=backbone)
    folded = fold_normalisation(student, student_blocks(config))
    assert not normalisations(folded)
    for key, expected in outputs(student).items():
        np.testing.assert_allclose(outputs(folded)[key], expected, rtol=1e-4, atol=1e-4)


def test_what_lies_in_no_declared_block_stays():
    keras.utils.set_random_seed(0)
    config = StudentConfig(filters=(4, 6), feature_size=10, backbone="residual")
    student = with_moving_statistics(build_student(3, 16, config))
    folded = fold_normalisation(student, student_blocks(config))
    assert normalisations(folded) == [f"feature_residual{n}_norm{m}" for n in (1, 2) for m in (1, 2)]
    for key, expected in outputs(student).items():
        np.testing.assert_allclose(outputs(folded)[key], expected, rtol=1e-4, atol=1e-4)


def test_block_with_a_negative_scale_stays_and_the_student_is_not_changed(small_student):
    student = keras.models.clone_model(small_student)
    student.set_weights(small_student.get_weights())
    gamma = student.get_layer("feature_norm2").gamma
    gamma.assign(np.where(np.arange(gamma.shape[0]) == 1, -0.5, 1.0))
    before = outputs(student)
    folded = fold_normalisation(student, student_blocks(StudentConfig(backbone="cnn", filters=(4, 6, 8, 10))))
    assert normalisations(folded) == ["feature_norm2"]
    for key, expected in before.items():
        np.testing.assert_allclose(outputs(folded)[key], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(outputs(student)[key], expected)
