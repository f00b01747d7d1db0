"""A backbone that is registered from outside goes the whole way, from the option to eight bits."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers

from stressid_keras.config import AudioConfig, RunConfig, StudentConfig, TeacherConfig
from stressid_keras.errors import ExportError, StressIDError
from stressid_keras.layers import MaskedBatchNormalization, MaskedGlobalPooling, PadToMultiple
from stressid_keras.models import build_student, build_teacher
from stressid_keras.models.backbones import IMAGE_BACKBONES, Block, register_backbone, student_blocks
from stressid_keras.training.classifier import Classifier
from stressid_keras.training.keras_file import load_network

AUDIO = AudioConfig(n_mels=16)
SAMPLES = 17_000
KERAS_LAYERS = ("LeakyReLU",)


def blocks(name, filters):
    return [Block(f"{name}_see{n}", f"{name}_even{n}", f"{name}_hide{n}") for n, _ in enumerate(filters)]


def unpooled(x, size, *, filters, feature_size, name):
    """Convolutions of other names, with strides in place of pooling, and a last one that is in no block."""
    x = PadToMultiple((2 ** len(filters),) * 2, name=f"{name}_pad")(x)
    for n, (channels, block) in enumerate(zip(filters, blocks(name, filters), strict=True)):
        x = layers.Conv2D(channels, 2, strides=2, padding="same", use_bias=False, name=block.convolution)(x)
        x = MaskedBatchNormalization((2 ** (n + 1),) * 2, name=block.normalisation)(x, size)
    x = layers.LeakyReLU(name=f"{name}_leak")(layers.Conv2D(filters[-1], 1, name=f"{name}_last")(x))
    x = MaskedGlobalPooling((2 ** len(filters),) * 2, name=f"{name}_pooled")(x, size)
    return layers.Dense(feature_size, name=name)(x)


@pytest.fixture
def toy():
    register_backbone(IMAGE_BACKBONES, "toy", "a toy", "A. Author, 2020", blocks, KERAS_LAYERS)(unpooled)
    yield IMAGE_BACKBONES["toy"]
    IMAGE_BACKBONES.remove("toy")


@pytest.fixture
def undeclared():
    register_backbone(IMAGE_BACKBONES, "undeclared", "a toy", keras_layers=KERAS_LAYERS)(unpooled)
    yield
    IMAGE_BACKBONES.remove("undeclared")


def config(name):
    return StudentConfig(filters=(4, 6, 8), feature_size=12, backbone=name)


def trained(name):
    """After a few steps, so that the statistics of normalisation are not those of a new network."""
    keras.utils.set_random_seed(0)
    student = build_student(3, AUDIO.n_mels, config(name))
    classifier = Classifier(student)
    classifier.compile(optimizer=keras.optimizers.Adam(1e-3))
    generator = np.random.default_rng(0)
    before = student.get_weights()
    for _ in range(3):
        x = {
            "audio": generator.random((4, 32, 16, 1)).astype("float32"),
            "audio_size": np.tile(np.int32([32, 16]), (4, 1)),
        }
        classifier.train_on_batch(x, np.int32([0, 1, 2, 0]))
    after = student.get_weights()
    assert all((a != b).any() for a, b in zip(before, after, strict=True) if a.dtype.kind == "f")
    return student


def outputs(student):
    x = np.zeros((2, 40, 16, 1), "float32")
    x[0] = np.random.default_rng(1).random((40, 16, 1))
    x[1, :17] = x[0, :17]
    found = student({"audio": x, "audio_size": np.int32([[40, 16], [17, 16]])}, training=False)
    return {key: keras.ops.convert_to_numpy(value) for key, value in found.items()}


@pytest.mark.backend
def test_it_is_an_option_trains_and_survives_its_file(toy, tmp_path):
    run = RunConfig(student=config("toy"), teacher=TeacherConfig(signal_backbone="toy", feature_size=12))
    assert RunConfig.from_dict(run.to_dict()) == run
    student = trained("toy")
    student.save(tmp_path / "student.keras")
    loaded = load_network(tmp_path / "student.keras")
    for key, expected in outputs(student).items():
        np.testing.assert_array_equal(outputs(loaded)[key], expected)
    IMAGE_BACKBONES.remove("toy")
    with pytest.raises(
        ExportError, match=r"names 'keras\.layers\.LeakyReLU', which is not a layer that is known"
    ):
        load_network(tmp_path / "student.keras")
    IMAGE_BACKBONES.register(toy)


@pytest.mark.backend
def test_it_encodes_the_teachers_signals(toy):
    teacher = build_teacher(3, TeacherConfig((4, 4), (4, 4), 8, signal_backbone="toy"))
    names = {layer.name for layer in teacher.layers}
    assert {"ecg_feature_see0", "eda_feature_see1", "rr_feature_last"} <= names


@pytest.mark.backend
def test_its_blocks_are_folded(toy):
    from stressid_keras.export.folding import fold_normalisation

    student = trained("toy")
    folded = fold_normalisation(student, student_blocks(config("toy")))
    assert not [layer for layer in folded.layers if isinstance(layer, MaskedBatchNormalization)]
    assert {"feature_hide0", "feature_hide2", "feature_last"} <= {layer.name for layer in folded.layers}
    for key, expected in outputs(student).items():
        np.testing.assert_allclose(outputs(folded)[key], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["toy", "undeclared"])
def test_it_is_exported_to_eight_bits(name, toy, undeclared):
    pytest.importorskip("ai_edge_quantizer")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("files are written with TensorFlow")
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.export.folding import fold_normalisation
    from stressid_keras.export.operators import operators
    from stressid_keras.export.quantise import UNQUANTISED, schemes, to_float16, to_mixed_int8
    from stressid_keras.runtime.interpreter import LiteRTModel

    student, declared = trained(name), student_blocks(config(name))
    deployed = build_deployed_model(fold_normalisation(student, declared), AUDIO, SAMPLES)
    content = to_tflite(deployed)
    windows = [np.random.default_rng(n).normal(0, 0.1, SAMPLES).astype("float32") for n in range(3)]
    expected = LiteRTModel(content)(windows[0])
    np.testing.assert_allclose(
        expected["feature"], keras.ops.convert_to_numpy(deployed(windows[0][None])["feature"])[0], atol=1e-4
    )
    found = [scheme for scheme in schemes(len(declared)) if scheme != UNQUANTISED]
    assert [bool(scheme.static) for scheme in found] == ([True] * 3 if declared else []) + [False] * 2
    for smaller in (to_float16(content), *(to_mixed_int8(content, s, declared, windows) for s in found)):
        assert len(smaller) < len(content)
        np.testing.assert_allclose(
            LiteRTModel(smaller)(windows[0])["probabilities"], expected["probabilities"], atol=0.05
        )
    if declared:
        whole = operators(to_mixed_int8(content, found[0], declared, windows))
        inner = operators(to_mixed_int8(content, found[2], declared, windows))
        assert whole["QUANTIZE"] > inner["QUANTIZE"]


def test_a_name_that_nobody_registered_is_one_sentence():
    with pytest.raises(
        StressIDError, match=r"^backbone is 'toy'; expected one of 'cnn', 'residual', 'separable', "
    ):
        dataclasses.replace(StudentConfig(), backbone="toy")
    with pytest.raises(StressIDError, match=r"^video_backbone is 'cnn'; expected 'cnn3d' or 'r2plus1d'"):
        TeacherConfig(video_backbone="cnn")
