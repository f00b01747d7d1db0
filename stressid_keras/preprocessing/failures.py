"""Why something could not be used, in sentences; which of them are worth another try, and which say the same."""

import re
from collections.abc import Iterable
from pathlib import Path

from stressid_keras.errors import StressIDError

_UNEXPECTED, _UNREADABLE = "unexpected ", " cannot be read: "
_NUMBERS = re.compile(r"\d+(\.\d+)?")


def sentence(path: Path, error: Exception) -> str:
    """What `failures.csv` says of an error that a file led to, of whatever type."""
    if isinstance(error, StressIDError):
        return str(error)
    if isinstance(error, OSError):
        return f"{path.name}{_UNREADABLE}{error.strerror or error}."
    return str(StressIDError(f"{_UNEXPECTED}{type(error).__name__} in {path.name}: {error}"))


def may_pass(reason: str) -> bool:
    """Whether a reason may be no fault of the file's content, so that the next run tries again."""
    return reason.startswith(_UNEXPECTED) or _UNREADABLE in reason


def by_cause(reasons: Iterable[str]) -> list[str]:
    """One sentence per cause: reasons that differ in their numbers alone, one for each window, are one."""
    causes: dict[str, list[str]] = {}
    for reason in reasons:
        causes.setdefault(_NUMBERS.sub("#", reason), []).append(reason)
    return [
        same[0] if len(set(same)) == 1 else f"{same[0]} So it is in {len(same)} windows."
        for same in causes.values()
    ]
