"""True sizes as masks: which positions of a padded batch hold data."""

from keras import ops


def size_mask(size, spatial_shape, stride, dtype):
    """1 where a position lies inside a sample, 0 where it is padding.

    Args:
        size: int tensor (B, d), true sizes of the network's input.
        spatial_shape: d lengths of the tensor to be masked, which was pooled by `stride` since the input.
        stride: d ints; a true size s has become ceil(s / stride).
        dtype: dtype of the mask.

    Returns:
        Tensor (B, *spatial_shape, 1).
    """
    rank = len(stride)
    size = ops.cast(size, "int32")
    mask = None
    for axis in range(rank):
        valid = (size[:, axis] + (stride[axis] - 1)) // stride[axis]
        positions = ops.arange(spatial_shape[axis], dtype="int32")
        inside = ops.expand_dims(positions, 0) < ops.expand_dims(valid, 1)  # (B, length)
        broadcast = [-1] + [1] * (rank + 1)
        broadcast[axis + 1] = spatial_shape[axis]
        inside = ops.reshape(ops.cast(inside, dtype), broadcast)
        mask = inside if mask is None else mask * inside
    return mask


def check_axes(stride, x_shape, size_shape) -> None:
    """Refuse a stride for another number of axes than a layer's inputs (B, *spatial, C) and (B, d) have.

    Raises:
        ValueError: it would otherwise be an error of the backend, or none, when the layer is first called.
    """
    axes = len(x_shape) - 2
    if not len(stride) == axes == size_shape[-1]:
        raise ValueError(
            f"stride is of {len(stride)} axes and the size of {size_shape[-1]}; expected {axes}, as the input has."
        )
