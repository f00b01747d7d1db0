"""A checkpoint of torch's old format is read without torch, by its hash alone, and none of its code is run."""

import hashlib
import os
import pickle
import zipfile

import numpy as np
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import checkpoint
from stressid_keras.media.speech.checkpoint import read_checkpoint


@pytest.fixture
def saved(monkeypatch, tmp_path):
    """saved(content) → path of a checkpoint that torch wrote, its hash being the expected one."""
    torch = pytest.importorskip("torch")

    def saved(content):
        path = tmp_path / "pretrained.pt"
        torch.save(content, path, _use_new_zipfile_serialization=False)
        monkeypatch.setattr(checkpoint, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
        return path

    return saved


def test_what_torch_saved_is_read_in_the_order_of_keras(saved, tmp_path):
    import torch

    lstm = torch.nn.LSTM(5, 4, 3)
    path = saved({"step": 3, "model_state": {f"lstm.{k}": v for k, v in lstm.state_dict().items()}})
    wheel = tmp_path / "resemblyzer.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(path, checkpoint.ENTRY)
    found = read_checkpoint(path)
    assert found["lstm1/kernel"].shape == (5, 16)
    np.testing.assert_array_equal(found["lstm2/recurrent_kernel"], lstm.weight_hh_l1.detach().numpy().T)
    bias = (lstm.bias_ih_l2 + lstm.bias_hh_l2).detach().numpy()
    np.testing.assert_array_equal(found["lstm3/bias"], bias)
    for name, values in read_checkpoint(wheel).items():
        np.testing.assert_array_equal(values, found[name])


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("harmed",)


def test_code_in_a_checkpoint_is_not_run(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.UnpicklingError, match=r"names posix\.mkdir"):
        read_checkpoint(saved({"model_state": Harmful()}))
    assert not (tmp_path / "harmed").exists()


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "pretrained.pt"
    path.write_bytes(b"something else")
    with pytest.raises(StressIDError, match=r"SHA-256 .* in resemblyzer 0.1.4"):
        read_checkpoint(path)
    with pytest.raises(StressIDError, match="cannot be read"):
        read_checkpoint(tmp_path / "absent.whl")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other.py", "")
    with pytest.raises(StressIDError, match=r"or the wheel of resemblyzer 0\.1\.4 that holds it"):
        read_checkpoint(tmp_path / "other.whl")
