"""Names of subjects, tasks and recordings: how they are written, and which part of a recording's name is which."""

import unicodedata
from collections.abc import Collection

UNSAFE = (
    "Cc",
    "Cs",
    "Zl",
    "Zp",
)  # control characters and line breaks, halves of characters: for neither CSV nor path
SEPARATORS = "/\\"  # of folders


def canonical(name: str) -> str:
    """A name in the one form (NFC) in which names are compared: systems write the same accent in two ways."""
    return unicodedata.normalize("NFC", name)


def is_usable(name: str) -> bool:
    """Whether a name can stand in a table and in a path: no control characters, line breaks or folder separators, and
    not dots alone, which mean a folder."""
    return bool(name.strip(".")) and not any(
        sign in SEPARATORS or unicodedata.category(sign) in UNSAFE for sign in name
    )


def split_name(name: str, subjects: Collection[str] = ()) -> tuple[str, str] | None:
    """Subject and task of a recording called `<subject>_<Task>`.

    Args:
        name: canonical, such as "2ea4_Speaking" or "sub_01_Speaking".
        subjects: who is known, canonical; the longest that fits is the subject, and where none does, it is what
            stands before the first underscore.

    Returns:
        None if the name has no two such parts.
    """
    # Every underscore is tried from the right, so that "sub_01" is found before "sub".
    ends = [index for index, sign in enumerate(name) if sign == "_" and index + 1 < len(name)]
    end = next((end for end in reversed(ends) if name[:end] in subjects), None)
    if end is None:
        end = next(iter(ends), 0)
    return (name[:end], name[end + 1 :]) if end else None
