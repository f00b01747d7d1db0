"""What docs/deployment.md says of the files, through LiteRT's other interface: the one that Kotlin also has."""

import re
from pathlib import Path

import numpy as np
import pytest

from ..small_export import WINDOW, speech

ROOT = Path(__file__).resolve().parents[2]


def compiled(path):
    compiled_model = pytest.importorskip("ai_edge_litert.compiled_model", reason="no CompiledModel here")
    accelerator = pytest.importorskip("ai_edge_litert.hardware_accelerator").HardwareAccelerator
    return compiled_model.CompiledModel.from_file(str(path), hardware_accel=accelerator.CPU)


def test_compiled_model_gives_the_interpreters_numbers_feature_first(runner, model):
    student, waveform = compiled(model), speech(2.0)
    inputs, outputs = student.create_input_buffers(0), student.create_output_buffers(0)
    inputs[0].write(waveform[None].copy())
    student.run_by_index(0, inputs, outputs)
    probabilities, feature = runner.predict_window(waveform)
    np.testing.assert_allclose(outputs[0].read(12, np.float32), feature, atol=1e-5)
    np.testing.assert_allclose(outputs[1].read(3, np.float32), probabilities, atol=1e-6)


def test_compiled_model_finds_tensors_by_name(runner, model):
    student, waveform = compiled(model), speech(2.0)
    names = student.get_signature_by_index(0)
    assert (names["inputs"], sorted(names["outputs"])) == (["waveform"], ["feature", "probabilities"])
    source = student.create_input_buffer_by_name("serving_default", "waveform")
    found = {name: student.create_output_buffer_by_name("serving_default", name) for name in names["outputs"]}
    source.write(waveform[None].copy())
    student.run_by_name("serving_default", {"waveform": source}, found)
    expected, _ = runner.predict_window(waveform)
    np.testing.assert_allclose(found["probabilities"].read(3, np.float32), expected, atol=1e-6)


def test_signatures_are_those_of_the_documentation(model, mediapipe_model):
    from ai_edge_litert.interpreter import Interpreter

    for path, outputs in ((model, ["feature", "probabilities"]), (mediapipe_model, ["probabilities"])):
        interpreter = Interpreter(str(path))
        assert interpreter.get_signature_list() == {
            "serving_default": {"inputs": ["waveform"], "outputs": outputs}
        }
        assert interpreter.get_input_details()[0]["shape"].tolist() == [1, WINDOW]


def test_lines_for_other_platforms_name_the_tensors_of_the_file():
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for language in ("kotlin", "swift"):
        code = "\n".join(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL))
        assert '"waveform"' in code
        assert '"probabilities"' in code
        assert '"serving_default"' in code
