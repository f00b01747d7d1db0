"""Batch normalisation folded into convolutions: the same student with fewer operations, ready for eight bits."""

import re

import keras
import numpy as np

from stressid_keras.layers import MaskedBatchNormalization, MaskPadding


def fold_normalisation(student: keras.Model) -> keras.Model:
    """A copy that computes the same, convolutions with scale and offset of the normalisation behind their pooling.

    With a scale above zero, pooling, scaling and ReLU may change places: relu(scale · max(x) + offset) is the maximum
    of relu(scale · x + offset), a convolution with bias and ReLU. What pooling gets is then of one size in all channels
    and not below zero, so that eight bits for the whole tensor serve every channel (Jacob et al., "Quantization and
    Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 3.2). A block with
    a scale below zero stays as it is.

    Args:
        student: with layers named as `image_encoder` names them.
    """
    affine = {number: _affine(student, number) for number in _blocks(student)}
    folded = {number for number, (scale, _) in affine.items() if (scale >= 0).all()}

    def clone(layer):
        number = _number(layer.name)
        if number not in folded:
            return layer.__class__.from_config(layer.get_config())
        if isinstance(layer, MaskedBatchNormalization):
            return MaskPadding(layer.stride, name=f"feature_mask{number}")
        config = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            config |= {"use_bias": True, "activation": "relu"}
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(student, clone_function=clone)
    for layer in student.layers:
        number = _number(layer.name)
        if number not in folded or not isinstance(layer, MaskedBatchNormalization | keras.layers.Conv2D):
            copy.get_layer(layer.name).set_weights(layer.get_weights())
        elif isinstance(layer, keras.layers.Conv2D):
            scale, offset = affine[number]
            (kernel,) = layer.get_weights()
            copy.get_layer(layer.name).set_weights([kernel * scale, offset])
    return copy


def _blocks(student: keras.Model) -> list[int]:
    names = {layer.name for layer in student.layers}
    numbers = {_number(name) for name in names} - {None}
    return sorted(n for n in numbers if {f"feature_conv{n}", f"feature_norm{n}"} <= names)


def _number(name: str) -> int | None:
    """Of the block whose convolution or normalisation has this name."""
    found = re.fullmatch(r"feature_(?:conv|norm)(\d+)", name)
    return int(found.group(1)) if found else None


def _affine(student: keras.Model, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset of a block's normalisation, (channels,) float32 each."""
    layer = student.get_layer(f"feature_norm{number}")
    variables = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    gamma, beta, mean, variance = (keras.ops.convert_to_numpy(v).astype(np.float64) for v in variables)
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)
