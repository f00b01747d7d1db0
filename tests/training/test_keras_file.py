"""A `.keras` file that holds anything but a network of ours is refused before Keras sees it; nothing of it runs."""

import io
import json
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

from stressid_keras.config import StudentConfig, TeacherConfig
from stressid_keras.errors import ExportError
from stressid_keras.export.load import load_student
from stressid_keras.models import build_student, build_teacher
from stressid_keras.training.keras_file import load_network

CONFIG = StudentConfig(backbone="statistics", filters=(4, 4), feature_size=8)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    path = tmp_path_factory.mktemp("student") / "student.keras"
    build_student(3, 16, CONFIG).save(path)
    return path


def rewritten(source, target, config=None, weights=None, change=None, **zip_options):
    """A copy of a .keras file whose config.json, model.weights.h5 or entries are others."""
    with zipfile.ZipFile(source) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if config:
        values = json.loads(entries["config.json"])
        entries["config.json"] = json.dumps(config(values) or values).encode()
    if weights:
        content = io.BytesIO(entries["model.weights.h5"])
        with h5py.File(content, "r+") as file:
            weights(file)
        entries["model.weights.h5"] = content.getvalue()
    if change:
        change(entries)
    with zipfile.ZipFile(target, "w", **zip_options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target


def add_layer(layer):
    def change(config):
        config["config"]["layers"].append({"name": "added", "inbound_nodes": [], **layer})

    return change


def replace_first(key, value):
    def change(config):
        waiting = [config]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                if key in item:
                    item[key] = value
                    return
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)

    return change


@pytest.mark.parametrize(
    "network",
    [
        lambda: build_student(3, 16, CONFIG),
        lambda: build_student(2, 16, StudentConfig(backbone="separable", filters=(4, 4), width=0.5)),
        lambda: build_teacher(3, TeacherConfig(video_filters=(4, 4), signal_filters=(4, 4))),
        lambda: build_teacher(3, TeacherConfig(video_backbone="r2plus1d", signal_backbone="residual")),
        lambda: build_teacher(
            3, TeacherConfig((4,), (4,), 8), ("video", "eda"), {"video": np.eye(4, 6), "eda": np.eye(4, 5)}
        ),
    ],
)
def test_every_network_of_ours_is_loaded(network, tmp_path):
    made = network()
    made.save(tmp_path / "network.keras")
    loaded = load_network(tmp_path / "network.keras")
    for found, expected in zip(loaded.get_weights(), made.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def saved_model_that_writes(marker, folder):
    import tensorflow as tf

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def serving_default(self, x):
            tf.io.write_file(str(marker), "ran")
            return x

    module = Module()
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serving_default})
    return str(folder)


def layer_of(module, name, config=None, **more):
    return {"module": module, "class_name": name, "config": config or {}, "registered_name": None, **more}


@pytest.mark.parametrize(
    "layer",
    [
        layer_of("keras.layers", "TFSMLayer", {"filepath": "MARKER", "call_endpoint": "serving_default"}),
        layer_of(
            "keras.layers", "Lambda", {"function": {"class_name": "__lambda__", "config": {"value": ""}}}
        ),
        layer_of("keras.layers", "TorchModuleWrapper", {"module": ""}),
        layer_of("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
        layer_of("keras.src.layers", "TFSMLayer", {"filepath": "MARKER"}),
        layer_of("keras.src.export.tfsm_layer", "TFSMLayer", {"filepath": "MARKER"}),
        layer_of("os", "system", "touch MARKER"),
        layer_of("subprocess", "Popen", {"args": ["touch", "MARKER"]}),
        layer_of("stressid_keras.system.processes", "in_own_process"),
        layer_of("stressid_keras.layers", "x", registered_name="stressid_keras>Run"),
        layer_of("builtins", "eval", registered_name="stressid_keras>PadToMultiple"),
        layer_of(None, "Lambda", {"function": "x"}),
        {"class_name": "Lambda", "config": {"function": "x"}},
        {"class_name": ["Lambda"], "module": "keras.layers", "config": {}},
    ],
)
def test_a_class_that_is_not_known_is_refused_unmade(student, tmp_path, layer):
    marker = tmp_path / "marker"
    layer = json.loads(json.dumps(layer).replace("MARKER", str(marker)))
    path = rewritten(student, tmp_path / "bad.keras", add_layer(layer))
    with pytest.raises(ExportError, match=r"cannot be loaded as a Keras model .*not a layer that is known"):
        load_student(path, 16, 3)
    assert not marker.exists()


@pytest.mark.parametrize(
    "value",
    [
        {
            "class_name": "function",
            "module": "keras.utils",
            "config": "get_file",
            "registered_name": "get_file",
        },
        {"class_name": "function", "module": "builtins", "config": "exec", "registered_name": "exec"},
        {"class_name": "function", "module": "os", "config": "system", "registered_name": "system"},
        {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
        {
            "class_name": "__typespec__",
            "module": "os",
            "spec_name": "x",
            "registered_name": "x",
            "config": [],
        },
        {"module": "keras.layers", "registered_name": None},
    ],
)
@pytest.mark.parametrize("key", ["kernel_initializer", "activation", "dtype", "inbound_nodes"])
def test_nor_is_anything_else_made_wherever_it_stands(student, tmp_path, key, value):
    path = rewritten(student, tmp_path / "bad.keras", replace_first(key, value))
    with pytest.raises(ExportError, match="not a layer that is known here"):
        load_network(path)


@pytest.mark.backend
def test_a_layer_that_runs_a_saved_model_does_not_run(tmp_path):
    """As a real file, which Keras 3.13.0 and 3.13.1 load and run in their safe mode."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TFSMLayer needs TensorFlow")
    marker = tmp_path / "marker"
    folder = saved_model_that_writes(marker, tmp_path / "saved")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.TFSMLayer(folder, call_endpoint="serving_default")(inputs))
    model.save(tmp_path / "bad.keras")
    marker.unlink(missing_ok=True)
    with pytest.raises(ExportError, match="TFSMLayer"):
        load_network(tmp_path / "bad.keras")
    assert not marker.exists()


def first_dataset(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found[0]


def external_storage(secret):
    def change(file):
        name = first_dataset(file)
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        file.create_dataset(name, shape, dtype, external=[(str(secret), 0, h5py.h5f.UNLIMITED)])

    return change


def external_link(secret):
    def change(file):
        name = first_dataset(file)
        del file[name]
        file[name] = h5py.ExternalLink(str(secret), "/weights")

    return change


def virtual_dataset(secret):
    def change(file):
        name = first_dataset(file)
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        layout = h5py.VirtualLayout(shape, dtype)
        layout[...] = h5py.VirtualSource(str(secret), "weights", shape, dtype)
        file.create_virtual_dataset(name, layout)

    return change


def soft_link(secret):
    def change(file):
        name = first_dataset(file)
        file.move(name, "elsewhere")
        file[name] = h5py.SoftLink("/elsewhere")

    return change


def loop(secret):
    def change(file):
        file["layers/again"] = file["layers"]

    return change


def objects(secret):
    def change(file):
        name = first_dataset(file)
        del file[name]
        file.create_dataset(name, data=["text"], dtype=h5py.string_dtype())

    return change


def claims_gigabytes(secret):
    def change(file):
        name = first_dataset(file)
        del file[name]
        file.create_dataset(name, (1 << 40,), "float32")

    return change


def compressed(secret):
    def change(file):
        name = first_dataset(file)
        del file[name]
        file.create_dataset(name, data=np.zeros(1 << 20, "float32"), compression="gzip")

    return change


@pytest.mark.parametrize(
    "change",
    [
        external_storage,
        external_link,
        virtual_dataset,
        soft_link,
        loop,
        objects,
        claims_gigabytes,
        compressed,
    ],
)
def test_weights_that_are_anything_but_stored_numbers_are_refused(student, tmp_path, change):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(1 << 16))
    path = rewritten(student, tmp_path / "bad.keras", weights=change(secret))
    with pytest.raises(ExportError, match=r"cannot be loaded as a Keras model \(its weights"):
        load_network(path)


def test_layers_that_claim_more_weights_than_are_stored_ask_for_no_memory(student, tmp_path):
    def change(config):
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "Dense":
                layer["config"]["units"] = 60_000
                layer["build_config"]["input_shape"] = [None, 60_000]

    path = rewritten(student, tmp_path / "bad.keras", change)
    with pytest.raises(ExportError, match="weights or more, and it stores"):
        load_network(path)
    path = rewritten(student, tmp_path / "bad.keras", replace_first("units", 10**30))
    with pytest.raises(ExportError, match="expected at most 65536"):
        load_network(path)


def not_finite(file):
    file[first_dataset(file)][...] = np.nan


def of_another_shape(file):
    name = first_dataset(file)
    del file[name]
    file[name] = np.zeros((3, 5), "float32")


def lost(file):
    del file[first_dataset(file)]


@pytest.mark.parametrize("stride", [[2], [4, 4, 4]])
def test_a_layer_for_other_axes_than_its_input_has_is_refused_at_once(student, tmp_path, stride):
    """Not only when the network is asked something, by an error of the backend."""

    def change(config):
        layers = [
            layer for layer in config["config"]["layers"] if layer["class_name"].startswith("MaskedBatch")
        ]
        layers[-1]["config"]["stride"] = stride

    path = rewritten(student, tmp_path / "bad.keras", change)
    with pytest.raises(ExportError, match=rf"stride is of {len(stride)} axes and the size of 2; expected 2"):
        load_network(path)


@pytest.mark.parametrize("change", [not_finite, of_another_shape, lost])
def test_wrong_weights_are_one_sentence(student, tmp_path, change):
    path = rewritten(student, tmp_path / "bad.keras", weights=change)
    with pytest.raises(
        ExportError, match=r"bad\.keras cannot be loaded as a Keras model \(.*expected a student"
    ):
        load_network(path)


def test_a_damaged_archive_is_one_sentence(student, tmp_path):
    content, path = student.read_bytes(), tmp_path / "bad.keras"
    for damaged in (b"", b"no model", content[:-30], content[: len(content) // 2], content[7:]):
        path.write_bytes(damaged)
        with pytest.raises(ExportError, match=r"bad\.keras (is not|cannot be loaded)"):
            load_network(path)
    middle = bytearray(content)
    middle[len(content) // 2] ^= 0xFF
    path.write_bytes(middle)
    with pytest.raises(ExportError, match="cannot be loaded as a Keras model"):
        load_network(path)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "metadata.json"])
def test_a_missing_entry_is_named(student, tmp_path, name):
    path = rewritten(student, tmp_path / "bad.keras", change=lambda entries: entries.pop(name))
    with pytest.raises(ExportError, match=f"has no {name}"):
        load_network(path)


@pytest.mark.parametrize("name", ["assets/../../evil", "config.json", "model.weights.npz"])
def test_an_entry_too_many_is_refused(student, tmp_path, name):
    path = rewritten(student, tmp_path / "bad.keras")
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")  # of the same name twice
        archive.writestr(name, "{}")
    with pytest.raises(ExportError, match=r"is not a \.keras file of a network \(it holds"):
        load_network(path)


def test_entries_that_claim_gigabytes_are_not_read(student, tmp_path):
    def bomb(entries):
        entries["model.weights.h5"] = bytes(50 << 20)

    path = rewritten(student, tmp_path / "bad.keras", change=bomb, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ExportError, match="claims 52428800 bytes, more than it can hold"):
        load_network(path)


@pytest.mark.parametrize("text", ["[" * 200_000, "{", "[]", '"text"', "\xff", '{"class_name": "Sequential"}'])
def test_a_config_that_is_none_is_one_sentence(student, tmp_path, text):
    def change(entries):
        entries["config.json"] = text.encode("latin-1")

    path = rewritten(student, tmp_path / "bad.keras", change=change)
    with pytest.raises(ExportError, match="cannot be loaded as a Keras model"):
        load_network(path)
