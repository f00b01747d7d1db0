"""Every subject tested once: runs on the folds of a cross-validation, in processes of their own, and their scores."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from stressid_keras.config import Folds, Jobs, Repeats, RunConfig, Seed
from stressid_keras.errors import StressIDError
from stressid_keras.ranges import checked
from stressid_keras.system.locking import exclusive
from stressid_keras.workflow.data import Fold
from stressid_keras.workflow.processes import in_own_process
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.run import Run
from stressid_keras.workflow.scoring import REPORT_FILES, SplitResults, scoring_inputs, write_scores
from stressid_keras.workflow.stage import Stage, WorkToDo, nothing_runs, read_result


class CrossValidation:
    """Runs on all folds and repeats; finished ones are reused, so that it can be interrupted.

    Fold i of repeat r is a `Run` of its own in `<k>-folds/repeat<r>/fold<i>`, with the seed `config.seed` + r: its
    teacher, students and epochs are chosen without its test subjects.

    Args:
        run: what is repeated; its own split is not used.
        folds: 3 to the number of subjects; None leaves one subject out at a time.
        repeats: each with another division into folds, other first weights and another order of the batches.
        jobs: processes; the cores are divided between them.
        scheduler: address of a Dask scheduler, whose workers are used instead of processes of this machine; they must
            see the same files at the same paths.
        audit: also train everything once on as many folds of recordings, which have the same people on both sides,
            to show beside the scores what such a split would have pretended.

    Raises, in all methods:
        StressIDError: as `Run`, or a number that makes no sense.
    """

    def __init__(
        self,
        run: Run,
        folds: int | None,
        repeats: int = 1,
        jobs: int = 1,
        scheduler: str = "",
        audit: bool = True,
    ):
        self.run = run
        self.folds = None if folds is None else checked(Folds, folds, "folds")
        self.repeats = checked(Repeats, repeats, "repeats")
        self.jobs = checked(Jobs, jobs, "jobs")
        checked(Seed, run.config.seed + self.repeats - 1, "the seed of the last repeat")
        self.scheduler = scheduler
        self.audit = audit
        self.folder = run.output_dir / "cross_validation"

    def evaluate(self) -> dict:
        """Run what is missing and score all of it; the content of `metrics.json`.

        Leaves `metrics.json`, `report.html` and the other files of an evaluation, over the test windows of all folds.
        """
        with self.run.data.writing():
            return self._evaluate()

    def _evaluate(self) -> dict:
        honest = self.split_results()
        leaky = self._leaky_results() if self.audit else []
        self.run.data.baseline_features  # noqa: B018  once, here, rather than by the first fold that needs it
        self.work("folds", analyse_fold, [*honest, *leaky])
        stage = Stage(
            self.folder,
            "evaluation",
            scoring_inputs(self.run.data, [result.fingerprints() for result in (*honest, *leaky)]),
            REPORT_FILES,
        )
        if stage.is_current():
            self.run.data.reporter.reused("evaluation", [self.folder / name for name in REPORT_FILES])
        else:
            stage.run(lambda: write_scores(self.folder, self.run.data, honest, leaky))
        return read_result(self.folder / "metrics.json")

    def split_results(self) -> list[SplitResults]:
        """Where each fold of each repeat keeps its files."""
        manifest = self.run.store.manifest[self.run.store.complete]
        n_subjects = manifest["subject"].nunique()
        count = n_subjects if self.folds is None else self.folds
        if not 3 <= count <= n_subjects:
            raise StressIDError(
                f"{count} folds were asked for; expected from 3 to the number of subjects, {n_subjects}."
            )
        return [
            self._results(repeat, Fold(index, count))
            for repeat in range(self.repeats)
            for index in range(count)
        ]

    def work(self, name: str, function: Callable, results: list[SplitResults], *arguments) -> None:
        """Call `function(data_dir, prepared_dir, folder, config, fold, *arguments)` for each fold that it has work for,
        each in a process of its own.
        """
        import joblib

        data = self.run.data
        calls = [
            (
                data.data_dir.absolute(),
                data.prepared_dir.absolute(),
                result.folder.absolute(),
                dataclasses.replace(data.config, seed=data.config.seed + result.repeat),
                result.fold,
                *arguments,
            )
            for result in results
        ]
        outstanding = [call for call in calls if not _is_finished(function, call)]
        if not outstanding:
            data.reporter.reused(name, [self.folder])
            return
        # Read by TensorFlow when it is first imported: threads of several processes would take each other's cores, and
        # the first process a GPU's memory.
        threads = max(1, (os.cpu_count() or 1) // self.jobs)
        defaults = {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        tasks = [joblib.delayed(in_own_process)(function, *call, defaults=defaults) for call in outstanding]
        with data.reporter.stage(name, len(calls)) as report, self._backend() as options:
            parallel = joblib.Parallel(return_as="generator_unordered", **options)
            for done, _ in enumerate(parallel(tasks), start=len(calls) - len(tasks) + 1):
                report(done)

    def _leaky_results(self) -> list[SplitResults]:
        count = self.split_results()[0].fold.count
        return [self._results(0, Fold(index, count, "recording")) for index in range(count)]

    def _results(self, repeat: int, fold: Fold) -> SplitResults:
        kind = "folds" if fold.unit == "subject" else "leaky-folds"
        folder = self.folder / f"{fold.count}-{kind}" / f"repeat{repeat}" / f"fold{fold.index}"
        return SplitResults(folder, repeat, fold)

    @contextlib.contextmanager
    def _backend(self):
        """Threads, each of which waits for its process; or the workers of the cluster."""
        if not self.scheduler:
            yield {"n_jobs": self.jobs, "backend": "threading"}
            return
        from stressid_keras.preprocessing import dask_backend

        data = self.run.data
        self.folder.mkdir(parents=True, exist_ok=True)
        shared = [path.absolute() for path in (data.data_dir, data.prepared_dir, self.folder)]
        with dask_backend(self.scheduler, shared) as backend:
            yield {"n_jobs": -1, "backend": backend, "pre_dispatch": "all"}


def analyse_fold(data_dir, prepared_dir, folder: Path, config: RunConfig, fold: Fold) -> None:
    """Train and analyse one fold, in this process."""
    with fold_run(data_dir, prepared_dir, folder, config, fold) as run:
        analysis = run.analysis
        analysis.predictions  # noqa: B018
        analysis.baselines  # noqa: B018
        if fold.unit == "subject":
            analysis.robustness  # noqa: B018
            analysis.inspection  # noqa: B018


@contextlib.contextmanager
def fold_run(data_dir, prepared_dir, folder: Path, config: RunConfig, fold: Fold) -> Iterator[Run]:
    """The run of one fold, alone in its folder: a process of an earlier run that still works on it is waited for."""
    with exclusive(folder):
        yield Run(data_dir, prepared_dir, folder, config, reporter=Reporter(), fold=fold)


def _is_finished(function: Callable, arguments: tuple) -> bool:
    """Whether all that the function would make is there and current; a process to find out would take seconds."""
    try:
        with nothing_runs():
            function(*arguments)
    except WorkToDo:
        return False
    return True
