"""A distiller and its student come back from their files as they were, and train on."""

import dataclasses
import zipfile

import keras
import numpy as np
import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation import Distiller, build_distiller, with_methods
from stressid_keras.distillation.methods import Contrastive, SoftTargets, WarmUp

EVERYTHING = (
    "mars+projection-hidden+standardised+logits+generalised+relational+contrastive+confidence+warm-up"
)
WIDTHS = {"video": 5, "ecg": 4, "eda": 3, "rr": 4}


def trained(student, x, y, epochs=2):
    config = with_methods(EVERYTHING, DistillationConfig(schedule_share=1.0))
    model = build_distiller(student, config, x["teacher_features"])
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(x, y, batch_size=4, epochs=4, initial_epoch=4 - epochs, shuffle=False, verbose=0)
    return model


def test_everything_comes_back_and_trains_on_alike(student, batch, values, tmp_path):
    """Heads, statistics, the schedule's place and the optimizer's state."""
    x, y = batch(widths=WIDTHS)
    model = trained(student(), x, y)
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras", safe_mode=True)
    assert loaded.get_config().keys() == model.get_config().keys()
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)
    assert float(keras.ops.convert_to_numpy(loaded.factor)) == 0.75  # of the last of four epochs
    curves = [
        network.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history["loss"]
        for network in (model, loaded)
    ]
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


def test_student_alone_comes_back_without_what_training_added(student, batch, tmp_path):
    x, y = batch(widths=WIDTHS)
    model = trained(student(), x, y, epochs=1)
    model.save_network(tmp_path / "student.keras")
    loaded = keras.models.load_model(tmp_path / "student.keras", safe_mode=True)
    assert loaded.count_params() == student().count_params()
    found, expected = loaded.predict({"voice": x["voice"]}, verbose=0), model.predict(x, verbose=0)
    for name in ("logits", "feature"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-6)


def test_live_teacher_is_saved_and_stays_frozen(student, teacher, batch, tmp_path):
    x, y = batch()
    model = Distiller(
        student(), teacher(), {"face": 1.0}, terms=[SoftTargets(), Contrastive()], schedule=WarmUp(1.0)
    )
    model.compile("sgd")
    model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras")
    assert not loaded.teacher.trainable_variables
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_live_teacher_equals_stored_features_for_every_method(student, teacher, batch):
    x, y = batch()
    names = {"face": "video", "heart": "ecg"}
    frozen = teacher()
    inputs = frozen.input
    outputs = {names.get(name, name): tensor for name, tensor in frozen.output.items()}
    frozen = keras.Model(inputs, outputs)
    features = frozen.predict({"privileged": x["privileged"]}, verbose=0)
    config = dataclasses.replace(with_methods(EVERYTHING, DistillationConfig()), gamma=0.0, delta=0.0)
    losses = []
    for live in (frozen, None):
        model = build_distiller(student(), config, features, teacher=live)
        model.compile(keras.optimizers.SGD(0.01))
        data = {**x, "teacher_features": features}
        losses.append(model.fit(data, y, epochs=3, shuffle=False, verbose=0).history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_distiller_of_an_earlier_version_is_loaded(student, teacher, batch, tmp_path):
    """Whose classes stood in other modules, and whose loss had another name."""
    x, y = batch()
    model = Distiller(student(), teacher(), {"face": 1.0})
    model.compile("sgd")
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    model.save(tmp_path / "distiller.keras")
    with (
        zipfile.ZipFile(tmp_path / "distiller.keras") as written,
        zipfile.ZipFile(tmp_path / "earlier.keras", "w") as earlier,
    ):
        for name in written.namelist():
            content = written.read(name)
            if name == "config.json":
                assert b"stressid_keras.distillation.distiller" in content
                content = content.replace(b"FeatureLoss", b"FeatureError")
                content = content.replace(b"stressid_keras.distillation.", b"stressid_keras.no_such_room.")
            earlier.writestr(name, content)
    loaded = keras.models.load_model(tmp_path / "earlier.keras", safe_mode=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_a_file_leaves_the_choice_of_compiler_to_the_backend_that_loads_it(student):
    model = Distiller(student(), weights={"face": 1.0})
    assert not model.get_compile_config()
    for jit_compile in (True, False):
        model.compile("sgd", jit_compile=jit_compile)
        assert model.get_compile_config()["jit_compile"] == "auto"


@pytest.mark.parametrize(
    ("chosen", "expected"), [((), ("video", "ecg", "eda", "rr")), (("rr", "ecg"), ("rr", "ecg"))]
)
def test_terms_compare_the_features_that_the_configuration_names(student, batch, chosen, expected):
    """A feature that is not compared has no say, whatever it holds."""
    x, y = batch(widths=WIDTHS)
    config = with_methods("contrastive", DistillationConfig(compared_features=chosen))
    model = build_distiller(student(), config, x["teacher_features"])
    model.compile("sgd")
    before = model.evaluate(x, y, verbose=0, return_dict=True)["contrastive"]
    for name in WIDTHS:
        changed = {**x["teacher_features"], name: x["teacher_features"][name][::-1].copy()}
        after = model.evaluate({**x, "teacher_features": changed}, y, verbose=0, return_dict=True)[
            "contrastive"
        ]
        assert (after != pytest.approx(before, rel=1e-4)) == (name in expected), name
