"""Mean and standard deviation over the true time of each band."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.config import StudentConfig, TeacherConfig
from stressid_keras.errors import StressIDError
from stressid_keras.layers import TimeStatistics
from stressid_keras.models import build_student, build_teacher

pytestmark = pytest.mark.backend

FRAMES = (12, 5, 1)  # of three samples, pooled by four: 3, 2 and 1


def padded_batch():
    """Samples of other lengths behind each other's, zero beyond their own."""
    x = np.zeros((3, 4, 2, 3), "float32")
    for number, length in enumerate((3, 2, 1)):
        x[number, :length] = np.random.default_rng(number).random((length, 2, 3))
    return x, np.array([(frames, 8) for frames in FRAMES], "int32")


def test_equals_numpy_on_the_true_frames_alone():
    x, size = padded_batch()
    found = convert_to_numpy(TimeStatistics((4, 4), epsilon=0.0)(x, size))
    assert found.shape == (3, 1, 2, 6)
    for number, length in enumerate((3, 2, 1)):
        true = x[number, :length]
        expected = np.concatenate([true.mean(axis=0), true.std(axis=0)], axis=-1)
        np.testing.assert_allclose(found[number, 0], expected, atol=1e-6)


def test_half_precision_holds_a_minute_of_loud_frames():
    x = np.full((1, 1900, 1, 1), 60.0, "float16")
    layer = TimeStatistics((1, 1), dtype="float16")
    mean, deviation = convert_to_numpy(layer(x, np.array([[1900, 1]], "int32"))).ravel()
    assert mean == 60.0
    assert deviation == pytest.approx(0.00316, abs=1e-4)  # the root of epsilon


def test_constant_band_has_a_gradient():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the gradient is taken with TensorFlow's own tape")
    import tensorflow as tf

    x = tf.Variable(np.ones((1, 4, 2, 3), "float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(TimeStatistics((1, 1))(x, np.array([[4, 2]], "int32")))
    assert np.isfinite(tape.gradient(total, x)).all()


def test_stride_of_other_axes_is_refused():
    with pytest.raises(ValueError, match="stride is of 1 axes"):
        TimeStatistics((2,)).build((None, 4, 4, 2), (None, 2))


def test_pictures_of_any_height_are_refused_where_the_bands_are_weighed():
    with pytest.raises(StressIDError, match="backbone 'statistics' was asked for pictures of any height"):
        build_teacher(3, TeacherConfig((4,), (4,), 8, signal_backbone="statistics"))


def test_student_that_learns_from_nothing_is_within_one_megabyte():
    student = build_student(3, 128, StudentConfig(backbone="statistics"))
    assert student.count_params() * 4 <= 1_000_000
