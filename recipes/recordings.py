"""What a command line names as recordings: files, and folders of them."""

import os
import sys
from pathlib import Path

from errors import complain

from stressid_keras.errors import StressIDError
from stressid_keras.media.sound.file_names import SUFFIXES

MOST_NAMED = 5  # of the files that are left out


def recordings(paths: list[Path]) -> tuple[list[Path], int]:
    """The files that are named, and those of named folders whose names are those of sound or film, in order.

    Returns:
        The files; and 2 if a folder inside could not be read, which is then said, else 0.

    Raises:
        StressIDError: a folder holds none.
    """
    files, status = [], 0
    for path in paths:
        if path.is_dir():
            found, unreadable = _inside(path)
            files += found
            status = unreadable or status
        else:
            files.append(path)
    return files, status


def _inside(folder: Path) -> tuple[list[Path], int]:
    found, others, refused = [], [], []
    for place, folders, names in os.walk(folder, onerror=refused.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):  # "._x.wav" is a copy's metadata
                path = Path(place, name)
                (found if path.suffix.lower() in SUFFIXES else others).append(path)
    status = 0
    for error in refused:
        status = complain(f"{error.filename} cannot be read ({error.strerror}); its recordings are missing.")
    if not found:
        raise StressIDError(
            f"{folder} holds no recordings; expected files with names such as talk.wav, talk.m4a or talk.mp4."
        )
    if others:
        names = ", ".join(path.name for path in sorted(others)[:MOST_NAMED])
        more = ", …" if len(others) > MOST_NAMED else ""
        print(
            f"  {folder}: left out {len(others)} whose names are not those of sound: {names}{more}",
            file=sys.stderr,
        )
    return sorted(found), status
