"""The ZIP archive behind an exported `.tflite`, and the flatbuffer before it, read within bounds."""

import hashlib
import io
import stat
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from stressid_keras.errors import ExportError

IDENTIFIER = b"TFL3"  # at byte 4 of every TFLite file
LABELS, DESCRIPTION = "labels.txt", "model.json"
LARGEST_FILE = 1 << 28  # bytes: some forty times a speech student
LARGEST_ARCHIVE = 1 << 21  # bytes at the end of the file; an export writes 3 kB
LARGEST_TEXT = 1 << 20  # bytes of an entry once it is decompressed
MOST_ENTRIES = 16
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack without a bound
ENCRYPTED = 1  # of an entry's flag bits
EXPECTED = "expected a file written by recipes/export_tflite.py"


class Exported(NamedTuple):
    """What lies in a file: `flatbuffer`, the model's bytes, and `texts`, those of `model.json` and `labels.txt`."""

    flatbuffer: bytes
    texts: dict[str, bytes]


def read_exported(path: Path) -> Exported:
    """The parts of an exported file. Whoever runs the model runs these bytes, not what lies at `path` by then.

    Raises:
        ExportError: the file cannot be read, is no TFLite file, is larger than `LARGEST_FILE`, truncated or damaged,
            or has no archive with a `model.json`, or one that claims more than the bounds above.
    """
    path = Path(path)
    content = read_model(path)
    missing = "it is truncated, or has no model.json that names its classes and window"
    if b"PK\x05\x06" not in content:
        raise refusal(path, missing)
    # The end alone goes to the reader: what a directory can list, and so the memory for it, is bounded by that.
    tail = content[-LARGEST_ARCHIVE:]
    try:
        with zipfile.ZipFile(io.BytesIO(tail)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            texts = {
                entry.filename: _read(archive, entry)
                for entry in entries
                if entry.filename in (DESCRIPTION, LABELS)
            }
    except _Claim as claim:
        raise refusal(path, f"the archive at its end {claim}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise refusal(path, f"the archive at its end is damaged: {error}") from None
    except Exception as error:  # whatever else a directory of random numbers brings about
        raise refusal(path, f"the archive at its end is damaged: {type(error).__name__} {error}") from None
    if DESCRIPTION not in texts:
        raise refusal(path, missing)
    start = len(content) - len(tail) + min(entry.header_offset for entry in entries)
    return Exported(content[:start], texts)


def seal_of(text: bytes, seal: str) -> str:
    """The seal that a `model.json` must have: the SHA-256 of its text with zeros in the place of the seal.

    It is of bytes, not of values, so that a reader in any language can check it. It finds what was edited; it is no
    protection against somebody who means to deceive.

    Args:
        text: of `model.json`, as it lies in the archive.
        seal: that stands in it.
    """
    return hashlib.sha256(text.replace(seal.encode(), b"0" * len(seal))).hexdigest()


def refusal(path: Path, found) -> ExportError:
    return ExportError(f"{path} is no exported student ({found}); {EXPECTED}.")


def read_model(path: Path) -> bytes:
    """The content of a TFLite file, with or without an archive.

    Raises:
        ExportError: it cannot be read, is no regular file, no TFLite file, or larger than `LARGEST_FILE`.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise refusal(path, "it is a device or a pipe, no file")
        if status.st_size > LARGEST_FILE:
            raise refusal(path, f"it has {status.st_size} bytes, more than {LARGEST_FILE}")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ExportError):
            raise
        raise refusal(path, getattr(error, "strerror", None) or error) from None
    if not content:
        raise refusal(path, "it is empty (0 bytes)")
    if content[:2] == b"PK":
        raise refusal(path, "it is a ZIP file, such as a .keras model is")
    if content[4:8] != IDENTIFIER:
        raise refusal(path, "it is not a TFLite model")
    return content


class _Claim(Exception):
    """An archive that says of itself what no export says."""


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise _Claim(f"lists {len(entries)} files, more than {MOST_ENTRIES}")
    names = [entry.filename for entry in entries]
    for entry in entries:
        if names.count(entry.filename) > 1:
            raise _Claim(f"has {entry.filename[:40]!r} more than once")
        if entry.header_offset < 0:
            raise _Claim(f"has {entry.filename[:40]!r} further than {LARGEST_ARCHIVE} bytes before the end")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry; what it claims is checked first."""
    if entry.flag_bits & ENCRYPTED:
        raise _Claim(f"has an encrypted {entry.filename}")
    if entry.compress_type not in PACKED:
        raise _Claim(f"has a {entry.filename} that is neither stored nor deflated")
    if entry.file_size > LARGEST_TEXT:
        raise _Claim(f"claims {entry.file_size} bytes of {entry.filename}, more than {LARGEST_TEXT}")
    return archive.read(entry)
