"""Networks of a few dozen weights, and a batch for them."""

import keras
import numpy as np
import pytest

WIDTHS = {"face": 4, "heart": 4}


def dense_student(width=4, classes=3, **options):
    """A functional student of six numbers, whose feature has `width`."""
    x = keras.Input((6,), name="voice")
    hidden = keras.layers.Dense(5, "tanh", name="hidden", **options)(x)
    feature = keras.layers.Dense(width, name="feature")(hidden)
    return keras.Model(
        {"voice": x}, {"logits": keras.layers.Dense(classes, name="logits")(feature), "feature": feature}
    )


def dense_teacher(widths=WIDTHS, classes=3):
    x = keras.Input((7,), name="privileged")
    features = {name: keras.layers.Dense(width, name=name)(x) for name, width in widths.items()}
    logits = keras.layers.Dense(classes, name="logits")(keras.layers.Concatenate()(list(features.values())))
    return keras.Model({"privileged": x}, {"logits": logits, **features}, name="teacher")


def stored_batch(n=10, widths=WIDTHS, classes=3, seed=0):
    """`x` with both networks' inputs and stored features, and labels of every class."""
    generator = np.random.default_rng(seed)
    x = {
        "voice": generator.normal(size=(n, 6)).astype("float32"),
        "privileged": generator.normal(size=(n, 7)).astype("float32"),
        "teacher_features": {
            name: generator.normal(size=(n, width)).astype("float32")
            for name, width in {**widths, "logits": classes}.items()
        },
    }
    return x, np.arange(n, dtype="int32") % classes


@pytest.fixture
def student():
    """student(width=4, classes=3) → a new one, from the same seed every time."""

    def build(*args, **options):
        keras.utils.set_random_seed(0)
        return dense_student(*args, **options)

    return build


@pytest.fixture
def teacher():
    def build(*args):
        keras.utils.set_random_seed(1)
        return dense_teacher(*args)

    return build


@pytest.fixture
def batch():
    return stored_batch


@pytest.fixture
def values():
    """values(model) → copies of all its variables, seeds of dropout and statistics included."""
    return lambda model: [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
