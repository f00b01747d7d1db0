"""The workers of a Dask cluster: as they are, or as a joblib backend."""

import collections
import contextlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing.faces.models import missing_package

CONNECT_SECONDS = 10  # until a scheduler that does not answer, or has no worker, is given up


@contextlib.contextmanager
def dask_client(address: str, shared: list[Path], config: PreparationConfig) -> Iterator:
    """Give a client of a Dask scheduler whose workers can do this package's work.

    Work of a worker that dies goes to another one. The workers need this package, and the same files at the
    same paths as the client.

    Args:
        address: of the scheduler, such as "tcp://head-node:8786".
        shared: folders that every worker must see.
        config: what every worker must have the packages for.

    Raises:
        StressIDError: `distributed` is not installed, the scheduler cannot be reached, it has no workers, one
            of them does not see the folders or lacks a package, or too many died.
    """
    try:
        import distributed
    except ImportError:
        raise StressIDError(
            'The Dask backend needs the package distributed, which is missing: pip install -e ".[dask]"'
        ) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StressIDError(
            f"No Dask scheduler answers at {address} ({_first_line(error)}); start one with dask scheduler."
        ) from None
    try:
        with client:
            _check_workers(client, address, shared)
            _check_packages(client, config)
            yield client
    except (distributed.scheduler.KilledWorker, CancelledError, distributed.comm.CommClosedError) as error:
        raise StressIDError(
            f"The Dask cluster at {address} lost the work ({_first_line(error)}); run again when it is well: "
            "what is finished is kept."
        ) from error


@contextlib.contextmanager
def dask_backend(address: str, shared: list[Path], config: PreparationConfig) -> Iterator:
    """Give a joblib backend that works on the cluster of a Dask scheduler; the rest as for `dask_client`."""
    with dask_client(address, shared, config) as client:
        yield _backend_class()(client=client)


def work_through(client, chains: Sequence[Sequence[Sequence[tuple]]]) -> Iterator[int]:
    """Have the workers do what depends on what, all of it at once: the place of each chain, as it ends.

    Args:
        client: of `dask_client`.
        chains: each a list of groups of calls `(function, *arguments)`; those of a group may be made side by side, once
            those of the group before have ended. What a call gives back is not kept.

    Raises:
        Exception: what the first call to fail raised; what depends on it is not begun, and the rest is given up when
            the client is closed.
    """
    import distributed

    ends = {}
    for place, groups in enumerate(chains):
        before = []
        for calls in groups:
            before = [client.submit(_after, before, *call, pure=False) for call in calls] or before
        ends |= dict.fromkeys(before, place)
    left = collections.Counter(ends.values())
    for future in distributed.as_completed(ends, loop=client.loop):
        future.result()
        left[ends[future]] -= 1
        if not left[ends[future]]:
            yield ends[future]


def _after(before, function, *arguments) -> None:
    """Call it; Dask has waited for `before`."""
    function(*arguments)


def _check_workers(client, address: str, shared: list[Path]) -> None:
    import distributed

    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (TimeoutError, distributed.TimeoutError):
        raise StressIDError(
            f"The Dask scheduler at {address} has no workers; start some with dask worker {address}."
        ) from None
    for folder in shared:
        blind = [worker for worker, seen in client.run(os.path.isdir, str(folder)).items() if not seen]
        if blind:
            raise StressIDError(
                f"{len(blind)} Dask workers do not see {folder} (such as {blind[0]}); expected all of them to "
                "share the client's file system, at the same paths."
            )


def _check_packages(client, config: PreparationConfig) -> None:
    missing = {worker: lack for worker, lack in client.run(missing_package, config.video).items() if lack}
    if missing:
        worker, sentence = next(iter(missing.items()))
        raise StressIDError(
            f"Of the Dask workers, {len(missing)} cannot do this (such as {worker}). {sentence}"
        )


def _backend_class():
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        """Hands on what joblib's backend swallows: a task lost by the cluster would be waited for forever."""

        def effective_n_jobs(self, n_jobs):
            return max(
                2, super().effective_n_jobs(n_jobs)
            )  # for one, joblib would work in the client instead

        def submit(self, func, callback=None):
            future = super().submit(func, callback)
            future.add_done_callback(lambda done: callback(done.exception()) if done.exception() else None)
            return future

        def retrieve_result_callback(self, out):
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Backend


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
