"""The speech encoder's weights, which come with the package (see NOTICE beside them)."""

import functools
import hashlib
import io
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech.settings import LAYERS, N_MELS, UNITS

FILE = "speech_encoder.npy"
SHA256 = "764df8aac346a2b8df2f318ed40a1ffa2ae78c8abd163adc28d1584c2a7e83e7"
SHAPES = {
    f"lstm{layer}/{name}": shape
    for layer in range(1, LAYERS + 1)
    for name, shape in {
        "kernel": (N_MELS if layer == 1 else UNITS, 4 * UNITS),
        "recurrent_kernel": (UNITS, 4 * UNITS),
        "bias": (4 * UNITS,),
    }.items()
}


@functools.cache
def load_weights() -> Mapping[str, np.ndarray]:
    """`lstm<layer>/<kernel, recurrent_kernel or bias>` → float32, shaped and ordered as Keras's LSTM has them.

    The arrays are shared and cannot be written.

    Raises:
        StressIDError: the file is absent or is not the one that came with the package.
    """
    path = resources.files(__package__) / FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StressIDError(
            f"{path} cannot be read ({error.strerror or error}); expected the speech encoder's weights: install the "
            "package again."
        ) from None
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        raise StressIDError(f"{path} has the SHA-256 {found}; expected {SHA256}: install the package again.")
    return MappingProxyType(unpacked(np.load(io.BytesIO(content), allow_pickle=False)))


def packed(weights: Mapping[str, np.ndarray]) -> bytes:
    """The content of the file: all weights one after another in float16, the same bytes on every machine."""
    content = io.BytesIO()
    np.save(content, np.concatenate([weights[name].ravel() for name in SHAPES]).astype("<f2"))
    return content.getvalue()


def unpacked(numbers: np.ndarray) -> dict[str, np.ndarray]:
    """The weights by name, from one after another."""
    ends = np.cumsum([np.prod(shape) for shape in SHAPES.values()])
    parts = np.split(numbers.astype(np.float32), ends[:-1])
    weights = {name: part.reshape(shape) for (name, shape), part in zip(SHAPES.items(), parts, strict=True)}
    for values in weights.values():
        values.flags.writeable = False
    return weights
