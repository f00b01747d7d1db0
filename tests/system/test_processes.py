"""A process of its own that ends without a result is a sentence."""

import os
import signal
import sys

import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.system.processes import in_own_process


def end_without_a_result():
    os._exit(0)


class Unreadable:
    """Its pickle calls for a name that is nowhere."""

    def __reduce__(self):
        return eval, ("no_such_name",)


def unreadable():
    return Unreadable()


class OtherError(StressIDError):
    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def raise_an_error_that_cannot_be_read():
    raise OtherError("one", "two")


@pytest.mark.parametrize("function", [end_without_a_result, unreadable, raise_an_error_that_cannot_be_read])
def test_a_result_that_is_missing_or_damaged_is_a_sentence(function, monkeypatch):
    monkeypatch.syspath_prepend(os.path.dirname(__file__))
    monkeypatch.setattr(function, "__module__", "test_processes")
    monkeypatch.setitem(sys.modules, "test_processes", sys.modules[__name__])
    with pytest.raises(StressIDError, match=rf"{function.__name__} left no result that can be read"):
        in_own_process(function)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGRTMIN + 3])
def test_a_process_that_a_signal_ends_is_a_sentence(number):
    with pytest.raises(
        StressIDError, match=r"A process was (killed|ended by SIGTERM|ended by the signal \d+)"
    ):
        in_own_process(signal.raise_signal, number)
