"""Weights of the speech encoder's LSTM layers that eight bits keep, chosen so that the products change least."""

from collections.abc import Mapping, Sequence

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.media.sound.waveform import trim_padding, without_offset
from stressid_keras.media.speech import load_weights
from stressid_keras.media.speech.encoder import layer_outputs, segments_of
from stressid_keras.media.speech.frames import speech_frames
from stressid_keras.media.speech.settings import UNITS

LARGEST = 127  # of int8, symmetric about zero
DAMPING = 0.001  # of the mean square of what comes in, so that the matrix of its products has an inverse
LEAST = 1e-6  # mean square, of layers that hear nothing
N_WINDOWS = 24  # evenly spread: thousands of frames, where 256 weights make an output


def rounded_lstm(windows: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The pretrained weights that int8 takes, on the grids that it will have, and biases that fit them, by name as
    `load_weights` has them.

    Rounding each weight to the nearest level, which is what the quantiser does, errs in the same direction frame after
    frame, for the units of a layer go together; a recurrent layer adds that up. Here each weight's error is made up for
    by the weights that are rounded after it, on what the layers hear in the windows (Frantar et al., "GPTQ: Accurate
    post-training quantization for generative pre-trained transformers", ICLR 2023), and what is left on average by the
    bias.

    Args:
        windows: (samples,) each, of people who are not in the test part.

    Raises:
        ExportError: there is no window.
    """
    if not windows:
        raise ExportError("there is no window to calibrate the int8 variant on; expected at least one.")
    weights = load_weights()
    found = {name: weights[name] for name in weights if name.endswith("/bias")}
    for name, inputs in _heard(windows).items():
        bias = f"{name.partition('/')[0]}/bias"
        found[name] = rounded(weights[name], inputs)
        found[bias] = found[bias] - inputs.mean(axis=0) @ (found[name] - weights[name])
    return found


def with_lstm_weights(content: bytes, weights: Mapping[str, np.ndarray]) -> bytes:
    """The float32 flatbuffer of a speech student with these in the place of pretrained weights.

    Raises:
        ExportError: the pretrained ones are not in it.
    """
    for name, values in weights.items():
        pretrained = _stored(load_weights()[name])
        if content.count(pretrained) != 1:
            raise ExportError(
                f"the model has {name} of the speech encoder {content.count(pretrained)} times; expected the "
                "pretrained weights once."
            )
        content = content.replace(pretrained, _stored(values))
    return content


def _stored(weights: np.ndarray) -> bytes:
    """As the converter lays a product's weights out, outputs first."""
    return np.ascontiguousarray(weights.T).tobytes()


def rounded(weights: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Weights (inputs, outputs), each a whole number from -127 to 127 of its output's step, for inputs (n, inputs), of
    which a bias takes the mean.

    The largest weight of an output stays as it is, so that the step of the quantiser, which is a 127th of it, is the
    one that is used here.
    """
    left, largest = weights.astype(np.float64), np.abs(weights).argmax(axis=0)
    steps = np.abs(left).max(axis=0) / LARGEST
    deviations = inputs - inputs.mean(axis=0, dtype=np.float64)
    products = deviations.T @ deviations
    products += DAMPING * max(np.diag(products).mean(), LEAST) * np.eye(len(products))
    shares = np.linalg.cholesky(np.linalg.inv(products)).T
    found = np.empty_like(left)
    for row in range(len(left)):
        levels = np.clip(np.round(left[row] / steps), -LARGEST, LARGEST)
        found[row] = np.where(largest == row, weights[row], levels * steps)
        error = (left[row] - found[row]) / shares[row, row]
        left[row + 1 :] -= np.outer(shares[row, row + 1 :], error)
    return found.astype(np.float32)


def _heard(windows: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """By the name of its weights, what comes into each product of the LSTM layers but that with the mel power."""
    weights, found = load_weights(), {}
    for place in np.unique(np.linspace(0, len(windows) - 1, min(N_WINDOWS, len(windows))).astype(int)):
        segments = segments_of(speech_frames(without_offset(trim_padding(windows[place]))))
        below = None
        for layer, outputs in enumerate(layer_outputs(segments, weights), start=1):
            before = np.pad(outputs, [(0, 0), (1, 0), (0, 0)])[
                :, :-1
            ]  # a segment begins from a state of zeros
            found.setdefault(f"lstm{layer}/recurrent_kernel", []).append(before)
            if below is not None:
                found.setdefault(f"lstm{layer}/kernel", []).append(below)
            below = outputs
    return {name: np.concatenate([x.reshape(-1, UNITS) for x in parts]) for name, parts in found.items()}
