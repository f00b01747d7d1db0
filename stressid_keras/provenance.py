"""What an artefact was made from: fingerprints, versions, and files that are never half written."""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from stressid_keras import __version__
from stressid_keras.errors import name_file
from stressid_keras.system.temporary import temporary_file

PACKAGES = (
    "keras",
    "tensorflow",
    "numpy",
    "neurokit2",
    "opencv-python-headless",
    "scikit-learn",
)
SEAL = "seal"  # of `write_sealed`: the name of its entry
_UMASK = threading.Lock()


def fingerprint(*parts) -> str:
    """A short hash of JSON-serialisable values; equal values give equal hashes on every machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """A short hash of a file's content."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of Python, this package and the libraries that decide a result."""
    own = {"python": platform.python_version(), "stressid_keras": __version__}
    return {**own, **package_versions(PACKAGES)}


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Of those that are installed."""
    found = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` (same suffix) that replaces it only if the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(path.parent, path.suffix) as temporary:
        try:
            yield temporary
        except OSError as error:
            name_file(error, path)
            raise
        with _UMASK:  # it cannot be read without being set, and a Dask worker has threads
            umask = os.umask(0)
            os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp's 0600 would hide a shared lab folder's files
        os.replace(temporary, path)


def write_text(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value) -> None:
    write_text(path, json.dumps(value, indent=2, sort_keys=False) + "\n")


def read_json(path: Path):
    """The content of a JSON file, with or without a byte order mark, or None if it is absent or not JSON."""
    try:
        return parse_json(Path(path).read_bytes())
    except (OSError, ValueError):
        return None


def parse_json(content: bytes | str):
    """What a JSON text says.

    Raises:
        ValueError: it is not JSON, not Unicode, or nested more deeply than Python reads.
    """
    try:
        # UTF-8, with a byte order mark or without; or UTF-16, which a shell of Windows writes
        text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write_sealed(path: Path, values: dict) -> None:
    """Write a table as JSON with a seal: the fingerprint of the rest, by which `read_sealed` sees what was changed."""
    write_json(path, {**values, SEAL: _seal(values)})


def read_sealed(path: Path) -> dict | None:
    """What `write_sealed` wrote, without the seal; None if it is absent, damaged, or was changed since.

    The one reader of whatever this package keeps for itself: a cache, a record, the description of a store. It finds
    damage and hand-made changes; it is no protection against somebody who means to deceive.
    """
    values = read_json(path)
    if not isinstance(values, dict):
        return None
    seal = values.pop(SEAL, None)
    return values if seal == _seal(values) else None


def _seal(values: dict) -> str:
    return fingerprint(json.loads(json.dumps(values)))  # as they are read again: a tuple is a list then
