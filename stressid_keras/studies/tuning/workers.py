"""Where folds are trained: processes of this machine, or the workers of a Dask cluster."""

import concurrent.futures
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.studies.tuning.trial_folds import score_folds
from stressid_keras.system.processes import beside_others, cores_of_one, in_own_process
from stressid_keras.workflow.context import RunContext


@dataclass(frozen=True)
class Workers:
    """Attributes:
    executor: takes calls.
    slots: how many of them work at the same time; of a cluster, now.
    at_once: folds that one call trains: each call is a process, which takes seconds to begin.
    threads: that each may use, unless its environment says otherwise.
    """

    executor: concurrent.futures.Executor
    slots: Callable[[], int]
    at_once: int
    threads: int

    def submit(self, contexts: list[RunContext], network: str, data_key: str) -> concurrent.futures.Future:
        """`score_folds`, in a process of its own."""
        defaults = beside_others(self.threads)
        return self.executor.submit(
            in_own_process, score_folds, contexts, network, data_key, defaults=defaults
        )


@contextlib.contextmanager
def local_workers(jobs: int, folds: int) -> Iterator[Workers]:
    """Threads, each of which waits for its process; a call trains all folds that it may."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as executor:
        yield Workers(executor, lambda: jobs, folds, cores_of_one(jobs))


@contextlib.contextmanager
def cluster_workers(context: RunContext, scheduler: str, folder: Path) -> Iterator[Workers]:
    """The workers of a cluster, a fold a call and a thread a worker; also those that join later."""
    from stressid_keras.preprocessing import dask_client

    folder.mkdir(parents=True, exist_ok=True)
    shared = [path.absolute() for path in (context.data_dir, context.prepared_dir, folder)]
    with dask_client(scheduler, shared, context.config.preparation) as client:
        yield Workers(client.get_executor(pure=False), lambda: max(1, sum(client.nthreads().values())), 1, 1)


def has_lost_its_worker(error: BaseException) -> bool:
    """Whether a cluster gave a call up because every worker that was at it died."""
    return type(error).__name__ == "KilledWorker"
