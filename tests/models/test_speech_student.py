"""A student that hears statistics of a pretrained speech encoder."""

import keras
import numpy as np
import pytest

from stressid_keras.config import StudentConfig
from stressid_keras.models import build_student
from stressid_keras.training.classifier import Classifier
from stressid_keras.training.keras_file import load_network

from ..small_export import with_classifier

pytestmark = pytest.mark.backend
CONFIG = StudentConfig(backbone="speech", feature_size=12)


@pytest.fixture(scope="module")
def statistics():
    return np.random.default_rng(0).normal(0.3, 2.0, (40, 1024)).astype("float32")


def test_it_takes_statistics_and_gives_logits_and_a_feature(statistics):
    student = build_student(4, 128, CONFIG)
    outputs = student.predict({"speech": statistics}, verbose=0)
    assert list(student.input) == ["speech"]
    assert outputs["logits"].shape == (40, 4)
    assert outputs["feature"].shape == (40, 12)


def test_it_has_no_opinion_before_it_is_trained(statistics):
    outputs = build_student(3, 128, CONFIG, statistics).predict({"speech": statistics}, verbose=0)
    np.testing.assert_array_equal(outputs["logits"], 0)
    assert outputs["feature"].std() > 0.1


def test_its_training_pays_for_large_weights(statistics):
    """The step's loss is the cross-entropy and 0.03 times the squares of all kernels."""
    student = with_classifier(build_student(3, 128, CONFIG, statistics))
    classifier = Classifier(student)
    classifier.compile(keras.optimizers.SGD(0.0))
    found = classifier.train_on_batch({"speech": statistics}, np.arange(40) % 3, return_dict=True)
    kernels = [layer.kernel for layer in student.layers if isinstance(layer, keras.layers.Dense)]
    squares = sum(float(np.square(keras.ops.convert_to_numpy(kernel)).sum()) for kernel in kernels)
    assert len(kernels) == 3
    assert found["loss"] - found["cross_entropy"] == pytest.approx(0.03 * squares, rel=1e-4)


def test_it_standardises_by_the_training_part(statistics):
    student = build_student(3, 128, CONFIG, statistics)
    inner = keras.Model(student.input, student.get_layer("feature_standardised").output)
    standardised = inner.predict({"speech": statistics}, verbose=0)
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(standardised.std(axis=0), 1, atol=1e-3)


def test_its_file_is_read_safely_and_gives_the_same(statistics, tmp_path):
    student = with_classifier(build_student(3, 128, CONFIG, statistics))
    student.save(tmp_path / "student.keras")
    loaded = load_network(tmp_path / "student.keras")
    for name, values in student.predict({"speech": statistics}, verbose=0).items():
        np.testing.assert_allclose(loaded.predict({"speech": statistics}, verbose=0)[name], values, atol=1e-6)
