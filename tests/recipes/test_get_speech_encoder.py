"""The proof of where the speech encoder's weights come from, and what it says without the wheel."""

import importlib.util

import numpy as np
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import load_weights, weights

from .conftest import ROOT


def test_without_the_wheel_a_sentence_names_the_command(started, tmp_path):
    if importlib.util.find_spec("resemblyzer"):
        pytest.skip("the wheel is installed")
    result = started("get_speech_encoder", "--output", tmp_path / "weights.npy")
    assert result.returncode == 2
    assert b"pip install --no-deps resemblyzer==0.1.4" in result.stderr
    assert not list(tmp_path.iterdir())


def test_another_file_is_no_source(started, tmp_path):
    (tmp_path / "pretrained.pt").write_bytes(b"something else")
    result = started("get_speech_encoder", "--source", tmp_path / "pretrained.pt")
    assert result.returncode == 2
    assert b"expected 39373b86598fa3da" in result.stderr


def test_other_bytes_than_the_packages_are_not_written(recipe_module, tmp_path, monkeypatch):
    module = recipe_module("get_speech_encoder")
    monkeypatch.setattr(
        module, "read_checkpoint", lambda path: dict(load_weights()) | {"lstm1/bias": np.ones(1024)}
    )
    output = tmp_path / "weights.npy"
    monkeypatch.setattr("sys.argv", ["get_speech_encoder", "--source", "other.pt", "--output", str(output)])
    with pytest.raises(
        StressIDError, match=r"what was made of other.pt has the SHA-256 .* expected 764df8aa"
    ):
        module.recipe()
    assert not list(tmp_path.iterdir())


def test_the_same_bytes_as_the_packages_are_written(recipe_module, tmp_path, monkeypatch):
    module = recipe_module("get_speech_encoder")
    monkeypatch.setattr(module, "read_checkpoint", lambda path: load_weights())
    output = tmp_path / "weights.npy"
    monkeypatch.setattr("sys.argv", ["get_speech_encoder", "--source", "other.pt", "--output", str(output)])
    module.recipe()
    assert (
        output.read_bytes()
        == (weights.resources.files("stressid_keras.media.speech") / weights.FILE).read_bytes()
    )


def test_wherever_it_is_started_the_file_goes_where_results_go(recipe_module, tmp_path, monkeypatch):
    module = recipe_module("get_speech_encoder")
    monkeypatch.chdir(tmp_path)
    assert module.parser().parse_args([]).output == ROOT / "saved_models" / weights.FILE


@pytest.mark.skipif(importlib.util.find_spec("resemblyzer") is None, reason="resemblyzer is not installed")
def test_the_same_bytes_are_made_again(started, tmp_path):
    result = started("get_speech_encoder", "--output", tmp_path / "weights.npy")
    assert result.returncode == 0, result.stderr
    assert b"the very same" in result.stdout
    shipped = weights.resources.files("stressid_keras.media.speech") / weights.FILE
    assert (tmp_path / "weights.npy").read_bytes() == shipped.read_bytes()
