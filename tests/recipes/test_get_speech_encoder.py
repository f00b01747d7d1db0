"""The proof of where the speech encoder's weights come from, and what it says without the wheel."""

import importlib.util

import pytest

from stressid_keras.media.speech import weights


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


@pytest.mark.skipif(importlib.util.find_spec("resemblyzer") is None, reason="resemblyzer is not installed")
def test_the_same_bytes_are_made_again(started, tmp_path):
    result = started("get_speech_encoder", "--output", tmp_path / "weights.npy")
    assert result.returncode == 0, result.stderr
    assert b"the very same" in result.stdout
    shipped = weights.resources.files("stressid_keras.media.speech") / weights.FILE
    assert (tmp_path / "weights.npy").read_bytes() == shipped.read_bytes()
