"""The speech encoder's weights from the checkpoint that they come from, read without torch and without running it."""

import collections
import hashlib
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech.settings import LAYERS

WHEEL = "resemblyzer 0.1.4"
ENTRY = "resemblyzer/pretrained.pt"  # of the wheel
SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"  # of the entry
MOST_BYTES = 32 << 20  # the checkpoint has 17 million


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The weights of the three LSTM layers, shaped, ordered and named as `load_weights` gives them.

    Args:
        path: of `pretrained.pt`, or of the wheel that holds it.

    Raises:
        StressIDError: the file is absent, or is not the one of resemblyzer 0.1.4, to the last bit.
    """
    content = _content(Path(path))
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        raise StressIDError(
            f"{path} has the SHA-256 {found}; expected {SHA256}, which is that of {ENTRY} in {WHEEL}."
        )
    tensors = _tensors(content)
    weights = {}
    for layer in range(LAYERS):
        parts = {
            "kernel": tensors[f"lstm.weight_ih_l{layer}"].T,
            "recurrent_kernel": tensors[f"lstm.weight_hh_l{layer}"].T,
            "bias": tensors[f"lstm.bias_ih_l{layer}"] + tensors[f"lstm.bias_hh_l{layer}"],
        }
        weights |= {f"lstm{layer + 1}/{name}": values for name, values in parts.items()}
    return weights


def _content(path: Path) -> bytes:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel, wheel.open(ENTRY) as file:
                return file.read(MOST_BYTES)
        with open(path, "rb") as file:
            return file.read(MOST_BYTES)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error).strip("\"'")
        raise StressIDError(
            f"{path} cannot be read ({reason}); expected {ENTRY}, or the wheel of {WHEEL} that holds it."
        ) from None


def _tensors(content: bytes) -> dict[str, np.ndarray]:
    """By name, from torch's format of before version 1.6: five pickles, then every storage with its length."""
    file = io.BytesIO(content)
    _, _, _, checkpoint, keys = (_ShapesOnly(file).load() for _ in range(5))
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(4 * count), "<f4")
    return {
        name: storages[key][offset : offset + int(np.prod(shape))].reshape(shape)
        for name, (key, offset, shape) in checkpoint["model_state"].items()
    }


class _ShapesOnly(pickle.Unpickler):
    """Tensors become (storage's key, offset, shape); of the code that a pickle may name, none is run."""

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, *rest: (storage, offset, shape)
        if (module, name) == ("torch", "FloatStorage"):
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, identity):
        return identity[2]
