"""Flatbuffers of a student with random weights: equal to Keras, or not written."""

import keras
import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import AudioConfig, ExportOptions, StudentConfig
from stressid_keras.errors import ExportError, StressIDError
from stressid_keras.export import export as student_files
from stressid_keras.export.convert import to_tflite
from stressid_keras.export.deployed import build_deployed_model
from stressid_keras.export.deployed_windows import deployed_samples, deployed_windows, window_starts
from stressid_keras.export.export import Deployment, export_student
from stressid_keras.export.folding import fold_normalisation
from stressid_keras.export.operators import check_operators, operators
from stressid_keras.export.parity import BOUNDS, Outputs, agreement
from stressid_keras.export.quantise import UNQUANTISED, schemes, to_float16, to_mixed_int8
from stressid_keras.export.unseen import Unseen
from stressid_keras.models import build_student
from stressid_keras.models.backbones import student_blocks
from stressid_keras.preprocessing import log_mel
from stressid_keras.runtime.interpreter import LiteRTModel

AUDIO = AudioConfig()
SAMPLES = 32_000
BLOCKS = student_blocks(StudentConfig(backbone="statistics", filters=(4, 6, 8)))
NAMES = ("Low", "Medium", "High")


def keras_outputs(student, waveform):
    """Probabilities and feature by the way that preparation and training go."""
    image = log_mel(waveform, AUDIO)
    size = np.array([image.shape], "int32")
    outputs = student({"audio": image[None, :, :, None], "audio_size": size}, training=False)
    probabilities = keras.ops.softmax(outputs["logits"])
    return [keras.ops.convert_to_numpy(values)[0] for values in (probabilities, outputs["feature"])]


@pytest.mark.parametrize("length", [SAMPLES, 20_123, 16_384, 700])
def test_equals_preparation_and_student_at_any_length(student, flatbuffer, length):
    generator = np.random.default_rng(length)
    waveform = (generator.normal(0, 0.2, length) * np.linspace(1, 0.1, length)).astype("float32")
    buffer = np.zeros(SAMPLES, "float32")
    buffer[:length] = waveform
    found = LiteRTModel(flatbuffer)(buffer)
    probabilities, feature = keras_outputs(student, waveform)
    np.testing.assert_allclose(found["probabilities"], probabilities, atol=1e-4)
    np.testing.assert_allclose(found["feature"], feature, atol=1e-3)


def unseen(speech, numbers=range(4), seconds=3.0):
    for number in numbers:
        row = pd.Series(
            {
                "recording": f"r{number}",
                "subject": f"s{number}",
                "task": "t",
                "window": 0,
                "label": number % 3,
            }
        )
        yield Unseen(row, "test", speech(number, seconds))


def deployment(student):
    return Deployment("student", student, AUDIO, SAMPLES, NAMES, {"seed": 0}, "Random weights.", BLOCKS)


def test_variant_that_computes_something_else_is_not_written(student, speech, tmp_path, monkeypatch):
    """The other files are not written either: a set of files is of one student."""
    keras.utils.set_random_seed(2)
    other = build_student(
        3, AUDIO.n_mels, StudentConfig(backbone="statistics", filters=(4, 6, 8), feature_size=12)
    )
    broken = to_tflite(build_deployed_model(other, AUDIO, SAMPLES))
    monkeypatch.setattr(student_files, "to_float16", lambda content: to_float16(broken))
    with pytest.raises(
        ExportError,
        match=r"student_fp16.tflite does not compute what the Keras student computes on 8 unseen windows: "
        r"a probability differs by .*; expected at most 0.01",
    ):
        export_student(deployment(student), tmp_path, ("float32", "fp16"), [], [], unseen(speech))
    assert not list(tmp_path.iterdir())


def test_nothing_to_compare_with_is_an_error(student, tmp_path):
    with pytest.raises(ExportError, match="no window with a waveform to check the export on"):
        export_student(deployment(student), tmp_path, ("float32",), [], [], iter(()))
    assert not list(tmp_path.iterdir())


def test_nothing_to_calibrate_on_is_an_error(student, speech, tmp_path):
    with pytest.raises(ExportError, match="no window to calibrate the int8 variant on"):
        export_student(deployment(student), tmp_path, ("int8",), [], [], unseen(speech))


def test_int8_that_fails_on_unseen_people_gives_way_to_a_more_exact_one(
    student, speech, tmp_path, monkeypatch
):
    windows, people = [speech(person) for person in range(3)], list(unseen(speech))
    arguments = (deployment(student), tmp_path, ("int8",), windows, [], people)
    first = export_student(*arguments)["int8"]
    assert first["given_up"] == []
    missed, asked = student_files._missed, []

    def too_strict_once(variant, report):
        asked.append(variant)
        return "one class differs" if len(asked) == 1 else missed(variant, report)

    monkeypatch.setattr(student_files, "_missed", too_strict_once)
    second = export_student(*arguments)["int8"]
    assert second["given_up"] == [{"scheme": first["scheme"], "why": "one class differs"}]
    assert second["tried"][: len(first["tried"])] == first["tried"]
    assert second["scheme"] == second["tried"][-1]["scheme"] != first["scheme"]
    monkeypatch.setattr(
        student_files, "_missed", lambda variant, report: "all differ" if variant == "int8" else ""
    )
    with pytest.raises(ExportError, match=r"student_int8\.tflite does not compute .*: all differ"):
        export_student(*arguments)


@pytest.mark.parametrize("number", range(len(schemes(3))))
def test_every_int8_scheme_keeps_the_front_end_in_float(flatbuffer, speech, number):
    scheme = schemes(3)[number]
    content = to_mixed_int8(flatbuffer, scheme, BLOCKS, [speech(person) for person in range(3)])
    assert operators(content)["QUANTIZE"] == bool(scheme.static) + 2 * len(
        scheme.static
    )  # input, masks of two axes
    assert len(content) < len(flatbuffer) or (content == flatbuffer and scheme == UNQUANTISED)
    window = speech(7)
    expected, found = (LiteRTModel(c)(window) for c in (flatbuffer, content))
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], atol=0.05)


def test_quantised_front_end_is_refused(flatbuffer, speech):
    from stressid_keras.export import quantise

    quantizer = quantise._quantizer(flatbuffer)
    quantizer.add_static_config(".*", quantise._operation_names()("*"), 8, 8)
    with pytest.raises(ExportError, match=r"quantises its front end .* export the variant 'int8'"):
        quantise._quantised(quantizer, "full int8", [speech()])


@pytest.mark.parametrize("name", ["full_int8", "int8_full"])
def test_full_int8_is_refused_by_name(name):
    with pytest.raises(StressIDError, match="would quantise the front end"):
        ExportOptions(variants=("float32", name))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variants": ("float16",)}, "variant 'float16' is unknown; expected some of float32, fp16"),
        ({"variants": ()}, "at least one"),
        ({"variants": ("int8", "int8")}, "expected names that differ"),
        ({"seconds": 0.0}, "seconds is 0.0; expected a number from 1"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(StressIDError, match=message):
        ExportOptions(**options)


def test_operation_that_is_not_built_in_is_refused(flatbuffer):
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    code = model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = "FlexStridedSlice"
    builder = flatbuffers.Builder(len(flatbuffer))
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(ExportError, match="needs CUSTOM FlexStridedSlice; expected built-in"):
        check_operators(bytes(builder.Output()), "student.tflite")


def test_separable_student_of_half_the_width_is_small_in_int8(speech):
    """The size that phones were promised, at the default sizes of everything else."""
    keras.utils.set_random_seed(0)
    config = StudentConfig(backbone="separable", width=0.5)
    student, blocks = build_student(3, AUDIO.n_mels, config), student_blocks(config)
    assert len(blocks) == 4
    content = to_tflite(build_deployed_model(fold_normalisation(student, blocks), AUDIO, 160_000))
    int8 = to_mixed_int8(content, schemes(4)[0], blocks, [speech(seconds=10.0)])
    assert len(int8) <= 115_000  # and 2 to 3 kB of archive
    assert len(content) <= 1_000_000
    window = speech(3, 10.0)
    expected, found = (LiteRTModel(c)(window)["feature"] for c in (content, int8))
    assert expected @ found / np.linalg.norm(expected) / np.linalg.norm(found) > 0.99


def test_bounds_count_near_ties_and_every_window():
    expected = Outputs(np.array([[0.5, 0.5, 0.0]] * 100, "float32"), np.ones((100, 4), "float32"))
    tie = expected.probabilities.copy()
    tie[:3] += np.array([-1e-6, 1e-6, 0], "float32")
    found = agreement(Outputs(tie, expected.features), expected)
    assert found["top1_agreement"] == 0.97
    assert "97.0% of the predicted classes agree" in BOUNDS["int8"].missed_by(found)
    features = expected.features.copy()
    features[5, 0] = -1
    found = agreement(Outputs(expected.probabilities, features), expected)
    assert "a feature has a cosine of 0.5" in BOUNDS["int8"].missed_by(found)


def test_nan_misses_every_bound():
    expected = Outputs(np.full((2, 3), 1 / 3, "float32"), None)
    broken = Outputs(np.full((2, 3), np.nan, "float32"), None)
    assert BOUNDS["float32"].missed_by(agreement(broken, expected))


@pytest.mark.parametrize(
    ("length", "starts"),
    [(5, [0]), (10, [0]), (11, [0, 1]), (15, [0, 5]), (20, [0, 5, 10]), (22, [0, 5, 10, 12])],
)
def test_windows_lie_half_a_window_apart_and_reach_the_end(length, starts):
    assert window_starts(length, 10, 5) == starts
    pieces = list(deployed_windows(np.arange(1, length + 1, dtype="float32") / 100, 10))
    assert [round(float(piece[0] * 100)) - 1 for piece in pieces] == starts
    assert all(len(piece) == 10 for piece in pieces)
    assert np.count_nonzero(pieces[-1]) == min(length, 10)


def test_window_beyond_full_scale_is_divided_by_its_peak():
    (piece,) = deployed_windows(np.array([0.5, -2.0], "float32"), 4)
    np.testing.assert_array_equal(piece, [0.25, -1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("longest", "asked", "samples"), [(60.0, 10.0, 160_000), (10.0, 10.0, 160_000), (3.2, 10.0, 64_000)]
)
def test_window_is_the_trainings_where_that_is_no_longer(longest, asked, samples):
    assert deployed_samples(longest, asked, 16_000) == samples
