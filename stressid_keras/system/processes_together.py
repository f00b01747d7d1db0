"""Processes that train one network together, as the environment names them."""

import os

from stressid_keras.errors import StressIDError, shown

COUNT, OWN, PLACE = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("NUM_PROCESSES", "PROCESS_ID", "JOB_ADDRESSES")
)


def processes_together() -> tuple[int, int]:
    """How many train together, and which of them this one is, from 0: `keras.distribution.initialize`'s variables.

    Raises:
        StressIDError: they make no sense.
    """
    count, own = _number(COUNT, 1), _number(OWN, 0)
    if not 0 <= own < count:
        raise StressIDError(f"{OWN} is {own}; expected from 0 to {count - 1}, for {COUNT} is {count}.")
    return count, own


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if text and not text.isdecimal():
        raise StressIDError(f"{name} is {shown(text)}; expected a whole number.")
    return int(text or default)
