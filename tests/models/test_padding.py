"""A prediction depends on the sample, not on what it is batched with."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from stressid_keras.config import TeacherConfig
from stressid_keras.models import build_teacher

pytestmark = pytest.mark.backend

GENERATOR = np.random.default_rng(1)


def teacher_sample(height, width, size):
    return {
        "video": GENERATOR.random((16, height, width, 3)),
        **{name: GENERATOR.uniform(-1, 1, (size, size, 1)) for name in ("ecg", "eda", "rr")},
    }


def student_sample(frames):
    return {"audio": GENERATOR.random((frames, 16, 1))}


def batch(samples):
    """Samples padded at the end with zeros to the largest, with their true sizes."""
    x = {}
    for name in samples[0]:
        shapes = [sample[name].shape for sample in samples]
        largest = np.max(shapes, axis=0)
        x[name] = np.zeros((len(samples), *largest), "float32")
        for place, sample in enumerate(samples):
            x[name][(place, *(slice(0, length) for length in sample[name].shape))] = sample[name]
        x[f"{name}_size"] = np.array([shape[:-1] for shape in shapes], "int32")
    return x


def outputs(model, samples):
    return {k: keras.ops.convert_to_numpy(v) for k, v in model(batch(samples), training=False).items()}


CASES = {
    "teacher": (teacher_sample(18, 25, 33), teacher_sample(11, 30, 20), teacher_sample(40, 40, 61)),
    "student": (student_sample(50), student_sample(7), student_sample(131)),
}
CASES["separable student"] = CASES["statistics student"] = CASES["student"]


@pytest.fixture
def model_and_samples(request, small_teacher, small_student, separable_student, statistics_student):
    models = {
        "teacher": small_teacher,
        "student": small_student,
        "separable student": separable_student,
        "statistics student": statistics_student,
    }
    if request.param == "strong teacher":
        if keras.backend.backend() != "tensorflow":
            pytest.skip("its layers are those of the teacher, which is tried on every backend")
        return (strong_teacher(), *CASES["teacher"])
    return (models[request.param], *CASES[request.param])


def strong_teacher():
    """With the optional backbones, and statistics of normalisation that are not those of a new network."""
    keras.utils.set_random_seed(0)
    config = TeacherConfig((4, 6), (4, 6), 8, video_backbone="r2plus1d", signal_backbone="residual")
    model = build_teacher(3, config)
    for _ in range(3):
        model(batch(CASES["teacher"][:2]), training=True)
    return model


@pytest.mark.parametrize(
    "model_and_samples",
    ["teacher", "strong teacher", "student", "separable student", "statistics student"],
    indirect=True,
)
def test_prediction_does_not_depend_on_batch_neighbours(model_and_samples):
    model, sample, smaller, larger = model_and_samples
    alone = outputs(model, [sample])
    batches = {
        "first": ([sample, smaller, larger], 0),
        "last": ([larger, smaller, sample], 2),
        "beside a smaller one": ([sample, smaller], 0),
        "beside a larger one": ([larger, sample], 1),
    }
    for where, (samples, place) in batches.items():
        for name, values in outputs(model, samples).items():
            np.testing.assert_allclose(values[place], alone[name][0], atol=1e-4, err_msg=f"{name}, {where}")


@pytest.mark.parametrize(
    "model_and_samples", ["teacher", "student", "separable student", "statistics student"], indirect=True
)
def test_padding_would_matter_without_the_true_sizes(model_and_samples):
    """The comparison above can fail: with the padded size in place of the true one, it does."""
    model, sample, _, larger = model_and_samples
    x = batch([sample, larger])
    for name in [name for name in x if name.endswith("_size")]:
        x[name][0] = x[name][1]
    found = {k: keras.ops.convert_to_numpy(v)[0] for k, v in model(x, training=False).items()}
    alone = outputs(model, [sample])
    assert any(np.abs(found[name] - alone[name][0]).max() > 1e-3 for name in found)


@pytest.mark.parametrize(
    "model_and_samples", ["teacher", "student", "separable student", "statistics student"], indirect=True
)
def test_training_statistics_do_not_see_padding(model_and_samples):
    """One training pass over a padded batch moves the statistics as the same pass without padding does."""
    model, sample, _, _ = model_and_samples
    moved = []
    for extra in (0, 24):
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        x = batch([sample])
        for name in sample:
            wider = [(0, 0)] + [(0, extra)] * (x[name].ndim - 2) + [(0, 0)]
            if name == "video":
                wider[1] = (0, 0)
            if name == "audio":
                wider[2] = (0, 0)
            x[name] = np.pad(x[name], wider)
        copy(x, training=True)
        moved.append(
            [keras.ops.convert_to_numpy(v) for v in copy.non_trainable_variables if "moving" in v.path]
        )
    initial = [keras.ops.convert_to_numpy(v) for v in model.non_trainable_variables if "moving" in v.path]
    assert all((old != new).any() for old, new in zip(initial, moved[0], strict=True))
    for unpadded, padded in zip(*moved, strict=True):
        np.testing.assert_allclose(padded, unpadded, rtol=1e-4, atol=1e-5)


LOAD = """
import sys
import stressid_keras
assert "keras" not in sys.modules, "importing the package loaded Keras"
import keras, numpy as np
for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/model.keras", safe_mode=True)
    outputs = model(dict(np.load(folder + "/x.npz")), training=False)
    np.savez(folder + "/y.npz", **{k: keras.ops.convert_to_numpy(v) for k, v in outputs.items()})
"""


def test_all_are_loaded_in_a_new_process_without_custom_objects(
    small_teacher, small_student, separable_student, statistics_student, tmp_path
):
    models = {
        "teacher": small_teacher,
        "student": small_student,
        "separable student": separable_student,
        "statistics student": statistics_student,
    }
    if keras.backend.backend() == "tensorflow":
        models["strong teacher"] = strong_teacher()
    alone = {}
    for name, model in models.items():
        sample, _, larger = CASES["teacher" if name == "strong teacher" else name]
        (tmp_path / name).mkdir()
        model.save(tmp_path / name / "model.keras")
        np.savez(tmp_path / name / "x.npz", **batch([larger, sample]))
        alone[name] = outputs(model, [sample])
    subprocess.run([sys.executable, "-c", LOAD, *(str(tmp_path / name) for name in models)], check=True)
    for name, expected in alone.items():
        with np.load(tmp_path / name / "y.npz") as found:
            for output, values in expected.items():
                np.testing.assert_allclose(found[output][1], values[0], atol=1e-4, err_msg=name)
