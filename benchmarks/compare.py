"""Two ways to the same result, timed in turns."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

LEAST_SECONDS = 0.02  # of a turn: shorter ones are at the mercy of one interruption


@dataclass(frozen=True)
class Comparison:
    """Medians in CPU seconds of one process that computes on one core; `equal` says how equality was seen."""

    name: str
    ours: float
    reference: float
    equal: str

    @property
    def ratio(self) -> float:
        return self.reference / self.ours

    def __str__(self) -> str:
        return (
            f"{self.name:<42} {1000 * self.reference:10.2f} ms {1000 * self.ours:10.2f} ms "
            f"{self.ratio:7.1f} x   {self.equal}"
        )


def compare(name: str, ours: Callable, reference: Callable, check: Callable, repeats: int) -> Comparison:
    """Run both once to warm up and to check that they agree, then `repeats` times in turns.

    CPU time, not the clock: other work on the machine then costs neither side. A turn of a side that takes less than
    `LEAST_SECONDS` is several calls, whose mean counts.

    Args:
        check: takes both results; returns a few words on their equality, or raises AssertionError.
    """
    equal = check(ours(), reference())
    calls = {run: max(1, math.ceil(LEAST_SECONDS / max(_seconds(run, 1), 1e-6))) for run in (ours, reference)}
    times: dict[Callable, list[float]] = {ours: [], reference: []}
    for _ in range(repeats):
        for run, seen in times.items():
            seen.append(_seconds(run, calls[run]))
    return Comparison(name, statistics.median(times[ours]), statistics.median(times[reference]), equal)


def _seconds(run: Callable, calls: int) -> float:
    """CPU time of a call, the mean of several in a row."""
    start = time.process_time()
    for _ in range(calls):
        run()
    return (time.process_time() - start) / calls
