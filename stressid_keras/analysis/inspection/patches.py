"""An axis cut into patches: once for what hides them and for what draws them."""

import itertools


def patches(length: int, count: int) -> list[slice]:
    """`count` patches of an axis of `length`, as equal as whole numbers allow, each of one place at least.

    Where there are more patches than places, neighbours share a place.
    """
    edges = [index * length // count for index in range(count + 1)]
    return [slice(start, max(stop, start + 1)) for start, stop in itertools.pairwise(edges)]
