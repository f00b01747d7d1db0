"""Batch normalisation folded into convolutions: the same student with fewer operations, ready for eight bits."""

from collections.abc import Sequence

import keras
import numpy as np

from stressid_keras.layers import MaskPadding
from stressid_keras.models.backbones import Block


def fold_normalisation(student: keras.Model, blocks: Sequence[Block]) -> keras.Model:
    """A copy that computes the same, convolutions with scale and offset of the normalisation behind their pooling.

    With a scale above zero, pooling, scaling and ReLU may change places: relu(scale · max(x) + offset) is the maximum
    of relu(scale · x + offset), a convolution with bias and ReLU. What pooling gets is then of one size in all channels
    and not below zero, so that eight bits for the whole tensor serve every channel (Jacob et al., "Quantization and
    Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 3.2). A block with
    a scale below zero stays as it is.

    Args:
        student: with layers named as `blocks` name them.
        blocks: of its encoder, as its backbone declares them; what lies in none stays as it is, and without any the
            student itself is returned.
    """
    if not blocks:
        return student
    affine = {block: _affine(student.get_layer(block.normalisation)) for block in blocks}
    folded = [block for block, (scale, _) in affine.items() if (scale >= 0).all()]
    by_convolution = {block.convolution: block for block in folded}
    by_normalisation = {block.normalisation: block for block in folded}

    def clone(layer):
        config = layer.get_config()
        if layer.name in by_normalisation:
            return MaskPadding(layer.stride, name=by_normalisation[layer.name].mask)
        if layer.name in by_convolution:
            config |= {"use_bias": True, "activation": "relu"}
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(student, clone_function=clone)
    for layer in student.layers:
        if layer.name in by_convolution:
            scale, offset = affine[by_convolution[layer.name]]
            (kernel,) = layer.get_weights()
            copy.get_layer(layer.name).set_weights([kernel * scale, offset])
        elif layer.name not in by_normalisation:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _affine(layer) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset of a normalisation, (channels,) float32 each."""
    variables = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    gamma, beta, mean, variance = (keras.ops.convert_to_numpy(v).astype(np.float64) for v in variables)
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)
