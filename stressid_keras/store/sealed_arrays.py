"""Arrays in an `.npz` file with a seal: what was damaged or changed is not read."""

import hashlib
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stressid_keras.provenance import SEAL, atomic_path

KINDS = "biufU"  # of NumPy's types: booleans, numbers and text; an object could be anything


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name, as a whole or not at all, with the hash of all of them; `np.load` reads it, too.

    They are not compressed: so no file can hold more than its size.
    """
    arrays = {name: np.asarray(values) for name, values in arrays.items()}
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays, **{SEAL: np.array(_seal(arrays))})


def read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """What `write_arrays` wrote; None if it is absent, damaged, or was changed since.

    No more memory is asked for than the file can hold, whatever it claims.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {_name(info): _array(archive, info) for info in _members(archive, Path(path))}
        return arrays if str(arrays.pop(SEAL)) == _seal(arrays) else None
    except Exception:  # of zipfile and of NumPy's parser of headers, which have a dozen classes of them
        return None


def _members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    room = path.stat().st_size
    if len({info.filename for info in members}) < len(members):
        raise ValueError("a name is there twice")
    for info in members:
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > room:
            raise ValueError("a member claims more than the file can hold")
    return members


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, fortran, dtype = reader[version](member)
        content = member.read()  # to its end, where its checksum is compared
    if dtype.kind not in KINDS or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError("an array is not what it claims")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C").copy(order="K")


def _seal(arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = arrays[name]
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
