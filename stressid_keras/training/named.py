"""Inputs and outputs of any Keras model by name: functional, sequential or subclassed."""

import keras

from stressid_keras.errors import StressIDError

LOGITS = "logits"  # what the output of a model with one unnamed output is taken for
STORED = "teacher_features"  # of a batch's `x`: what was computed by the teacher before


def select_inputs(model: keras.Model, x, names=None):
    """The part of a batch's `x` that a model takes, in the structure in which it takes it.

    Args:
        model: a functional or sequential model says by its inputs' names what it takes, and other entries of `x` are
            ignored; a subclassed one takes the whole of `x` but for the stored teacher features, unless `names` say
            more.
        x: a tensor, or a dict of tensors by name.
        names: of the inputs, in place of the model's own: one name for a tensor, several for a dict of tensors.

    Raises:
        StressIDError: `x` lacks one of the inputs.
    """
    if not isinstance(x, dict):
        return x
    if names is None:
        names = _input_names(model)
    if names is None:
        return {name: values for name, values in x.items() if name != STORED}
    if isinstance(names, str):
        return _entry(model, x, names)
    if isinstance(names, dict):  # a functional model of a list of inputs, by place
        return [_entry(model, x, name) for name in names.values()]
    return {name: _entry(model, x, name) for name in names}


def named_outputs(model: keras.Model, outputs) -> dict:
    """A model's outputs by name: a list's by the names of a functional model, a single one as `logits`."""
    if isinstance(outputs, dict):
        return outputs
    if isinstance(outputs, list | tuple):
        names = getattr(model, "output_names", None)
        if names is None or len(names) != len(outputs):
            raise StressIDError(
                f"the outputs of {model.name!r} have no names; expected a model that returns a dict of them."
            )
        return dict(zip(names, outputs, strict=True))
    return {LOGITS: outputs}


def output_widths(model: keras.Model) -> dict[str, int] | None:
    """Length of the last axis of each output by name; None where only a call would tell."""
    if not getattr(model, "inputs", None):
        return None
    return _widths(model, model.outputs[0] if isinstance(model, keras.Sequential) else model.output)


def widths_on(model: keras.Model, input_shape, names=None) -> dict[str, int]:
    """`output_widths` of any model, given the shapes of a batch's `x`."""
    known = output_widths(model)
    if known is not None:
        return known
    if isinstance(input_shape, dict):
        x = {name: _symbol(shape, model.input_dtype) for name, shape in input_shape.items() if name != STORED}
    else:
        x = _symbol(input_shape, model.input_dtype)
    return _widths(model, model(select_inputs(model, x, names)))


def _symbol(shape, dtype):
    return keras.KerasTensor((None, *shape[1:]), dtype)


def _widths(model, outputs):
    return {name: output.shape[-1] for name, output in named_outputs(model, outputs).items()}


def _input_names(model):
    """A name, names, places and names, or None if the model does not say."""
    if not getattr(model, "inputs", None):
        return None
    if isinstance(model, keras.Sequential):
        return model.inputs[0].name
    inputs = model.input
    if isinstance(inputs, dict):
        return list(inputs)
    if isinstance(inputs, list | tuple):
        return {place: tensor.name for place, tensor in enumerate(inputs)}
    return inputs.name


def _entry(model, x, name):
    if name not in x:
        raise StressIDError(
            f"{model.name!r} takes {name!r}, which the batch lacks; it has {', '.join(sorted(x))}."
        )
    return x[name]
