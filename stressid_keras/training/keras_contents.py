"""What a `.keras` file may hold: known layers by name, and weights that are plain numbers, as many as they claim."""

import io
import math
from collections.abc import Iterator

from stressid_keras.errors import shown

PACKAGE = "stressid_keras"
LAYERS = """
    InputLayer Dense Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D Flatten MaxPooling1D
    MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D
    GlobalAveragePooling2D GlobalAveragePooling3D BatchNormalization LayerNormalization Dropout
    Activation ReLU Softmax Add Multiply Concatenate
""".split()  # noqa: SIM905  a line for each would fill the screen
INITIALIZERS = """
    Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal VarianceScaling GlorotNormal
    GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Orthogonal
""".split()  # noqa: SIM905  a line for each would fill the screen
REGULARIZERS = ("L2",)
ALLOWED = {  # (module, class)
    *(("keras.layers", name) for name in LAYERS),
    *(("keras.initializers", name) for name in INITIALIZERS),
    *(("keras.regularizers", name) for name in REGULARIZERS),
    ("keras", "DTypePolicy"),
    *((module, "Functional") for module in ("keras", "keras.models", "keras.src.models.functional")),
}
MAX_SIDE = 1 << 16  # of an array, a kernel or a window: more in one layer's numbers is no network of ours
UNBOUNDED = ("shared_object_id", "seed")  # integers that are no sizes


def check_contents(config, weights: bytes) -> None:
    """Look at the two parts of a `.keras` file without Keras making anything of them.

    Args:
        config: the content of its `config.json`.
        weights: of its `model.weights.h5`.

    Raises:
        ValueError: a class is not known, something outside the file is referred to, or more is claimed than stored.
        OSError: the weights are damaged.
    """
    _check_objects(config)
    _check_sizes(config, _check_weights(weights))


def _check_objects(config) -> None:
    """Raises ValueError if anything but known classes is to be made."""
    if not isinstance(config, dict) or config.get("class_name") != "Functional":
        raise ValueError("it is no functional model")
    for value in _dicts(config):
        if not {"class_name", "module", "registered_name"} & set(value):
            continue
        module, name = value.get("module"), value.get("class_name")
        registered = value.get("registered_name")
        if name == "__keras_tensor__" and module is None and registered is None:
            continue
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError(
                f"it names {shown(name)} of {shown(module)}, which is not a layer that is known here"
            )
        own = registered == f"{PACKAGE}>{name}" and module.startswith(f"{PACKAGE}.") and _is_ours(registered)
        known = (module, name) in ALLOWED or (module == "keras.layers" and name in _layers_of_backbones())
        if not own and not (known and registered in (None, name)):
            raise ValueError(f"it names {shown(f'{module}.{name}')}, which is not a layer that is known here")


def _is_ours(registered: str) -> bool:
    """Whether a class of that registered name is one of this package's layers."""
    import keras

    import stressid_keras.layers
    import stressid_keras.models.backbones  # noqa: F401  they register them

    found = keras.saving.get_registered_object(registered)
    return isinstance(found, type) and issubclass(found, keras.layers.Layer)


def _layers_of_backbones() -> set[str]:
    """Keras's own layers that some backbone says it is made of."""
    from stressid_keras.models.backbones import FILM_BACKBONES, IMAGE_BACKBONES, SPEECH_BACKBONES

    backbones = (IMAGE_BACKBONES, FILM_BACKBONES, SPEECH_BACKBONES)
    return {layer for kind in backbones for each in kind.values() for layer in each.keras_layers}


def _check_weights(content: bytes) -> int:
    """The number of all weights of an HDF5 file, which may hold plain arrays of numbers and nothing else.

    Raises:
        ValueError: it refers to anything outside, or claims more numbers than it stores.
        OSError: it is damaged.
    """
    import h5py

    numbers, size, seen = 0, 0, set()
    with h5py.File(io.BytesIO(content), "r") as file:
        waiting = [file]
        while waiting:
            group = waiting.pop()
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError("its weights refer to another place or file")
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in seen or item == file:
                    raise ValueError("its weights are in two places at once")
                seen.add(address)
                if isinstance(item, h5py.Group):
                    waiting.append(item)
                else:
                    numbers, size = numbers + _weights_of(item), size + item.nbytes
                if size > len(content):
                    raise ValueError("its weights claim more numbers than it stores")
    return numbers


def _weights_of(dataset) -> int:
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise ValueError("its weights hold something else than arrays")
    if dataset.external or dataset.is_virtual:
        raise ValueError("its weights are in other files")
    if dataset.dtype.kind not in "fiubV" or dataset.dtype.hasobject or dataset.shape is None:
        raise ValueError("its weights are no numbers")
    if dataset.id.get_create_plist().get_nfilters() or dataset.id.get_storage_size() < dataset.nbytes:
        raise ValueError("its weights claim more numbers than it stores")
    return dataset.size


def _check_sizes(config: dict, stored: int) -> None:
    """Raises ValueError if the layers would have more weights than are stored, before Keras makes room for them."""
    claimed = 0
    for value in _dicts(config):
        for key, item in value.items():
            if key not in UNBOUNDED and any(abs(n) > MAX_SIDE for n in _integers(item)):
                raise ValueError(f"its {shown(key)} is {shown(item)}; expected at most {MAX_SIDE}")
        if isinstance(value.get("config"), dict) and isinstance(value.get("build_config"), dict):
            claimed += _kernel(value["config"], value["build_config"])
    if claimed > stored:
        raise ValueError(f"its layers have {claimed} weights or more, and it stores {stored}")


def _kernel(config: dict, built: dict) -> int:
    """Weights of a layer's kernel; 0 of one without."""
    shape = _integers(built.get("input_shape"))
    outputs = [n for name in ("units", "filters", "depth_multiplier") for n in _integers(config.get(name))]
    if not shape or not outputs:
        return 0
    kernel = config.get("kernel_size")
    sides = _integers(kernel) * (
        1 if isinstance(kernel, list) else 2
    )  # StackedFramesConv3D: one number for both
    groups = max([1, *_integers(config.get("groups"))])
    return shape[-1] * max(outputs) * math.prod(sides + _integers(config.get("frames"))) // groups


def _integers(value) -> list[int]:
    """All whole numbers in a value and the lists in it, in their order."""
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting[:0] = item
        elif isinstance(item, int) and not isinstance(item, bool):
            found.append(item)
    return found


def _dicts(value) -> Iterator[dict]:
    """All dicts in a JSON value, without recursion."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
