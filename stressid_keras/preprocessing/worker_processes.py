"""Calls in several processes of this machine."""

from collections.abc import Iterable, Iterator

from stressid_keras.errors import StressIDError


def results_of(calls: Iterable, jobs: int, kept: str = "", **options) -> Iterator:
    """Results of `joblib.delayed` calls, in any order.

    Args:
        jobs: processes; 1 works in this one.
        kept: what of a broken run the next one need not do, for the sentence.
        options: of `joblib.Parallel`.

    Raises:
        StressIDError: a worker process was killed.
    """
    import joblib
    from joblib.externals.loky.process_executor import BrokenProcessPool

    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", **options)
    try:
        yield from parallel(calls)
    except BrokenProcessPool as error:
        after = f": {kept}" if kept else ""
        raise StressIDError(
            f"A worker process was killed, perhaps for want of memory; run again with fewer jobs{after}."
        ) from error
