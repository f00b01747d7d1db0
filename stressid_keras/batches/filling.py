"""Samples that only fill a batch, so that devices can divide it evenly."""

FILLING = "filling"  # of a batch's `x`: (B, number of samples that only fill it)


def real_samples(data):
    """Of a batch `(x, y)` or `(x, y, sample_weight)`, the samples that do not only fill it."""
    import keras  # not above: who imports Keras first has the layers registered, which import this

    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if not isinstance(x, dict) or FILLING not in x:
        return data
    x = dict(x)
    missing = x.pop(FILLING).shape[1]
    if missing:
        x, y, sample_weight = keras.tree.map_structure(
            lambda values: None if values is None else values[: values.shape[0] - missing],
            (x, y, sample_weight),
            none_is_leaf=True,
        )
    return keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
