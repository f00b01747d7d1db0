"""Reading a `.keras` file that may come from anybody: what is in it is looked at before Keras sees it.

Such a file says which classes Keras is to make, by the name of any module, and holds an HDF5 file, which can refer to
other files. Keras's safe mode refuses the ways that are known to run code or to read other files, in the versions after
each was found. Here the file may hold what this package's networks are made of, and nothing else.
"""

import zipfile
from pathlib import Path

import numpy as np

from stressid_keras.errors import ExportError, shown
from stressid_keras.provenance import parse_json
from stressid_keras.training.keras_contents import check_contents

ENTRIES = {"metadata.json", "config.json", "model.weights.h5"}
MAX_JSON = 16 << 20  # bytes; a teacher's config.json has 124,410
MAX_WEIGHTS = 2 << 30  # bytes; a teacher's have 8.5 million
MAX_INFLATION = 20  # of a compressed entry; Keras compresses none


def load_network(path: Path, expected: str = "a student.keras"):
    """A model from a `.keras` file, without its compilation.

    The checks take some 20 ms and need no more memory than the file has.

    Args:
        expected: what the file should be, for the sentence that refuses it.

    Raises:
        ExportError: the file is absent, no `.keras` file, damaged, made of anything but known layers, or has weights
            that are missing, of another shape or not finite.
    """
    check_keras_file(path, expected)
    import keras

    import stressid_keras.layers  # noqa: F401  registers what the file needs

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras, h5py or zipfile find wrong with it
        raise _unusable(path, _first_line(error), expected) from None
    for variable in model.variables:
        values = keras.ops.convert_to_numpy(variable.value)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise _unusable(path, f"{variable.path} is not finite everywhere", expected)
    return model


def check_keras_file(path: Path, expected: str = "a student.keras") -> None:
    """Look at a `.keras` file without Keras.

    Raises:
        ExportError: as `load_network`, but for weights of another shape or not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise ExportError(f"{path} is missing; expected {expected}, which a run leaves.")
    try:
        entries = _entries(path)
        check_contents(parse_json(entries["config.json"]), entries["model.weights.h5"])
    except ExportError:
        raise
    except Exception as error:  # of zipfile, h5py and the decompressors, which have a dozen classes of them
        raise _unusable(path, _first_line(error), expected) from None


def _entries(path: Path) -> dict[str, bytes]:
    """The content of the file's entries, none of which may be larger than the file can hold."""
    size = path.stat().st_size
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _not_keras(path, _first_line(error)) from None
    with archive:
        found = archive.infolist()
        names = [info.filename for info in found]
        if missing := ENTRIES - set(names):
            raise _not_keras(path, f"it has no {min(missing)}")
        if len(names) != len(ENTRIES):
            more = next((name for name in names if name not in ENTRIES), f"two {names[-1]}")
            raise _not_keras(path, f"it holds {shown(more)}, too")
        for info in found:
            stored = info.compress_type == zipfile.ZIP_STORED
            most = MAX_WEIGHTS if info.filename.endswith(".h5") else MAX_JSON
            if info.file_size > min(most, size * (1 if stored else MAX_INFLATION)):
                raise ValueError(f"its {info.filename} claims {info.file_size} bytes, more than it can hold")
        return {info.filename: archive.read(info) for info in found}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _not_keras(path: Path, reason: str) -> ExportError:
    return ExportError(f"{path} is not a .keras file of a network ({reason}); expected a student.keras.")


def _unusable(path: Path, reason: str, expected: str) -> ExportError:
    return ExportError(f"{path} cannot be loaded as a Keras model ({reason}); expected {expected}.")
