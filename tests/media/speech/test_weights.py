"""The weights that come with the package are those, to the last bit, or none."""

import numpy as np
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import load_weights, weights


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A folder in the place of the package's."""
    load_weights.cache_clear()
    monkeypatch.setattr(weights.resources, "files", lambda package: tmp_path)
    yield tmp_path
    load_weights.cache_clear()


def test_packing_what_was_loaded_gives_the_same_bytes():
    content = weights.packed(load_weights())
    path = weights.resources.files("stressid_keras.media.speech") / weights.FILE
    assert content == path.read_bytes()


def test_weights_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        load_weights()["lstm1/bias"][0] = 1.0


def test_licence_and_origin_stand_beside_them():
    folder = weights.resources.files("stressid_keras.media.speech")
    assert "Copyright 2019 Resemble.AI" in (folder / "LICENSE").read_text()
    assert "resemblyzer/pretrained.pt" in (folder / "NOTICE").read_text()


def test_a_changed_weight_is_refused(package):
    content = bytearray(weights.packed({name: np.zeros(shape) for name, shape in weights.SHAPES.items()}))
    (package / weights.FILE).write_bytes(content)
    with pytest.raises(StressIDError, match=f"expected {weights.SHA256}: install the package again"):
        load_weights()


def test_absent_weights_are_a_sentence(package):
    with pytest.raises(StressIDError, match=r"cannot be read .*: install the package again"):
        load_weights()
