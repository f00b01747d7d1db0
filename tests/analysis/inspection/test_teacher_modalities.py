import keras
import numpy as np
import pytest

from stressid_keras.analysis.inspection import modality_logits
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import PRIVILEGED


@pytest.fixture(scope="module")
def features(small_teacher):
    rng = np.random.default_rng(0)
    sizes = {name: small_teacher.output[name].shape[-1] for name in PRIVILEGED}
    return {name: rng.normal(size=(5, size)).astype(np.float32) for name, size in sizes.items()}


def test_every_modality_is_left_out_and_alone(small_teacher, features):
    found = modality_logits(small_teacher, features)
    assert set(found) == {f"{how}_{name}" for how in ("without", "only") for name in PRIVILEGED}
    assert all(logits.shape == (5, 3) for logits in found.values())


def test_logits_are_those_of_the_classifier_on_zeroed_features(small_teacher, features):
    found = modality_logits(small_teacher, features)
    kernel, bias = (np.asarray(weight) for weight in small_teacher.get_layer("logits").get_weights())
    for name in PRIVILEGED:
        without = [values * (other != name) for other, values in features.items()]
        alone = [values * (other == name) for other, values in features.items()]
        for how, parts in (("without", without), ("only", alone)):
            expected = np.concatenate(parts, axis=1) @ kernel + bias
            np.testing.assert_allclose(found[f"{how}_{name}"], expected, atol=1e-5)


def test_trained_teacher_is_left_as_it_was(small_teacher, features):
    before = [np.array(weight) for weight in small_teacher.get_weights()]
    modality_logits(small_teacher, features)
    for old, new in zip(before, small_teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_logits_from_more_than_the_features_are_refused():
    x = keras.Input((4,), name="x")
    feature = keras.layers.Dense(2)(x)
    logits = keras.layers.Dense(3)(keras.layers.Concatenate()([feature, x]))
    teacher = keras.Model({"x": x}, {"logits": logits, "video": feature})
    with pytest.raises(StressIDError, match="do not come from its features alone"):
        modality_logits(teacher, {"video": np.zeros((1, 2), np.float32)})
