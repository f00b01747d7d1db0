"""One file, one batch, three backends: the same predictions, the same loss terms and the same training curve."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from stressid_keras.config import PRIVILEGED, StudentConfig
from stressid_keras.models import build_student

STEPS = 20
# In a process of its own: Keras has one backend in its life.
MEASURED = """
import json, sys
import keras, numpy as np
from stressid_keras.distillation import Distiller
folder, steps = sys.argv[1], int(sys.argv[2])
with np.load(f"{folder}/batch.npz") as file:
    batch = dict(file)
y = batch.pop("y")
x = {name: batch[name] for name in ("audio", "audio_size")}
x["teacher_features"] = {name: values for name, values in batch.items() if name not in x}
student = keras.models.load_model(f"{folder}/student.keras", safe_mode=True)
outputs = student({name: x[name] for name in ("audio", "audio_size")}, training=False)
found = {name: keras.ops.convert_to_numpy(values) for name, values in outputs.items()}
model = Distiller(student, weights={"video": 1.0, "ecg": 0.5, "eda": 2.0, "rr": 0.25})
model.compile(keras.optimizers.AdamW(1e-3, weight_decay=1e-4))
terms = model.evaluate(x, y, batch_size=len(y), verbose=0, return_dict=True)
curve = model.fit(x, y, batch_size=len(y), epochs=steps, shuffle=False, verbose=0).history
student.save(f"{folder}/{keras.backend.backend()}.keras")
after = student({name: x[name] for name in ("audio", "audio_size")}, training=False)
np.savez(
    f"{folder}/{keras.backend.backend()}.npz",
    **{f"output_{name}": values for name, values in found.items()},
    **{f"after_{name}": keras.ops.convert_to_numpy(values) for name, values in after.items()},
    **{f"term_{name}": value for name, value in terms.items()},
    **{f"curve_{name}": values for name, values in curve.items()},
)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A student and a padded batch, taken through the same steps by every backend."""
    for module in ("jax", "torch"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    folder = tmp_path_factory.mktemp("backends")
    keras.utils.set_random_seed(0)
    build_student(3, 16, StudentConfig(filters=(4, 6), feature_size=10, dropout=0.0)).save(
        folder / "student.keras"
    )
    generator = np.random.default_rng(0)
    sizes = np.array([[30, 16], [30, 16], [21, 16], [8, 16], [30, 16], [13, 16]], "int32")
    audio = generator.random((len(sizes), 30, 16, 1))
    audio[np.arange(30)[None] >= sizes[:, :1]] = 0.0
    features = {name: generator.normal(size=(len(sizes), 10)).astype("float32") for name in PRIVILEGED}
    np.savez(
        folder / "batch.npz",
        audio=audio.astype("float32"),
        audio_size=sizes,
        y=generator.integers(0, 3, len(sizes)),
        **features,
    )
    for backend in ("tensorflow", "jax", "torch"):
        command = [sys.executable, "-c", MEASURED, str(folder), str(STEPS)]
        subprocess.run(command, check=True, env={**os.environ, "KERAS_BACKEND": backend})
    return folder


@pytest.fixture(scope="module")
def results(folder):
    def load(backend):
        with np.load(folder / f"{backend}.npz") as file:
            return dict(file)

    return {backend: load(backend) for backend in ("tensorflow", "jax", "torch")}


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_saved_student_predicts_the_same_on_another_backend(results, backend):
    for name in ("output_logits", "output_feature"):
        np.testing.assert_allclose(results[backend][name], results["tensorflow"][name], atol=1e-5)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_loss_terms_are_the_same_on_another_backend(results, backend):
    for name in [name for name in results[backend] if name.startswith("term_")]:
        np.testing.assert_allclose(
            results[backend][name], results["tensorflow"][name], rtol=1e-5, err_msg=name
        )


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_curve_is_the_same_on_another_backend(results, backend):
    curve = results["tensorflow"]["curve_loss"]
    assert curve[-1] < curve[0] - 0.05
    for name in ("curve_loss", "curve_cross_entropy", *(f"curve_mse_{name}" for name in PRIVILEGED)):
        np.testing.assert_allclose(
            results[backend][name], results["tensorflow"][name], rtol=1e-3, err_msg=name
        )


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_what_another_backend_trained_and_saved_loads_here(folder, results, backend):
    with np.load(folder / "batch.npz") as batch:
        x = {name: batch[name] for name in ("audio", "audio_size")}
    outputs = keras.models.load_model(folder / f"{backend}.keras", safe_mode=True)(x, training=False)
    for name, values in outputs.items():
        expected = results[backend][f"after_{name}"]
        np.testing.assert_allclose(keras.ops.convert_to_numpy(values), expected, atol=1e-5, err_msg=name)
