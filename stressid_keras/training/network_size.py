"""How large a network is, without making it."""

import math
import zipfile
from pathlib import Path


def count_weights(path: Path) -> int | None:
    """The numbers that a `.keras` file holds, those of normalisations and of pretrained parts among them.

    What a layer keeps to draw random numbers from is no weight. Takes some milliseconds: no array is read.

    Returns:
        None if the file is not there, or is none.
    """
    import h5py

    sizes = []

    def add(_, entry):
        if isinstance(entry, h5py.Dataset) and entry.dtype.kind == "f":
            sizes.append(math.prod(entry.shape))

    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open("model.weights.h5") as stream,
            h5py.File(stream, "r") as weights,
        ):
            weights.visititems(add)
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    return sum(sizes)
