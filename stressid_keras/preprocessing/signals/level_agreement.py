"""Which of a person's recordings agree about the levels of a signal.

Levels of one person do differ: skin conductance doubles or halves within an hour, breaths become three times as deep,
and nothing may be refused for that. What does not happen to a person is told from it by orders of magnitude:

- another unit: one recording's numbers are more than UNIT times the other's (units are a thousand apart);
- another zero: between two recordings lies a gap of more than ZERO times what they move by, and more than LEVEL times
  the smaller of their levels, as after a belt was fastened anew;
- a rail: a recording moves by less than a DEAD-th of another one and by less than STILL times its own level, and lies
  outside of what the other moves between: its electrode is off and the amplifier's end is what was recorded.

The recordings that agree with most of the person's set the range. Where none has a majority, as of two that disagree,
the recordings of other people decide; if these do not know either, there is no range.
"""

from collections.abc import Sequence

Pair = tuple[float, float]  # lowest and highest level

UNIT = 100.0
ZERO = 3.0
LEVEL = 10.0
DEAD = 20.0
STILL = 1e-4


def agreeing(pairs: Sequence[Pair], others: Sequence[Pair] = (), rails: bool = True) -> list[Pair]:
    """The levels that set a person's range, in order; empty if they disagree and nobody else decides.

    Without an outlier these are all of them.

    Args:
        pairs: lowest and highest level of each recording of the person.
        others: the same of other people.
        rails: whether to stand still is a fault.
    """
    alive = [pair for pair in pairs if not (rails and _is_at_rail(pair, pairs))]
    kept = [pair for pair in alive if 2 * _agree_with(pair, alive) > len(alive)]
    if kept or not others:
        return kept
    votes = [_agree_with(pair, others) for pair in alive]
    best = max(votes, default=0)
    winners = [pair for pair, count in zip(alive, votes, strict=True) if count == best]
    united = all(_agree(winners[0], pair) for pair in winners)
    return winners if united and 2 * best > len(others) else []


def _agree_with(pair: Pair, pairs: Sequence[Pair]) -> int:
    """With how many of the pairs one agrees; it does with itself."""
    return sum(_agree(pair, other) for other in pairs)


def _agree(one: Pair, other: Pair) -> bool:
    sizes = sorted(max(abs(low), abs(high)) for low, high in (one, other))
    if sizes[1] > UNIT * sizes[0]:
        return False
    spans = [high - low for low, high in (one, other)]
    gap = max(one[0], other[0]) - min(one[1], other[1])
    levels = [abs(low + high) / 2 for low, high in (one, other)]
    return gap <= max(ZERO * max(spans), LEVEL * min(levels))


def _is_at_rail(pair: Pair, pairs: Sequence[Pair]) -> bool:
    """Whether a recording stands still beside most others, which move and lie elsewhere."""
    span, level = pair[1] - pair[0], abs(pair[0] + pair[1]) / 2
    elsewhere = [
        other
        for other in pairs
        if DEAD * span < other[1] - other[0] and (pair[1] < other[0] or other[1] < pair[0])
    ]
    return span < STILL * level and 2 * len(elsewhere) >= max(1, len(pairs) - 1)
