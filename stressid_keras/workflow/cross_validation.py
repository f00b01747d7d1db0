"""Every subject tested once: runs on the folds of a cross-validation, in processes of their own, and their scores."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import Folds, Jobs, Repeats, Seed
from stressid_keras.errors import StressIDError
from stressid_keras.ranges import checked
from stressid_keras.system.locking import exclusive
from stressid_keras.system.processes import beside_others, cores_of_one, in_own_process
from stressid_keras.workflow.analysis import classify_baselines, predict
from stressid_keras.workflow.context import Fold, RunContext
from stressid_keras.workflow.data import (
    baseline_fingerprint,
    compute_baseline_features,
    encode_speech,
    measure_windows,
    prepare,
    read_index,
)
from stressid_keras.workflow.evaluation_stage import write_evaluation
from stressid_keras.workflow.imitation.cross_fitted import teachers_before
from stressid_keras.workflow.insight import corrupt, inspect
from stressid_keras.workflow.other_trees import also_test, other_data
from stressid_keras.workflow.part_windows import compute_for_all
from stressid_keras.workflow.split_results import SplitResults
from stressid_keras.workflow.stage import WorkToDo, nothing_runs, read_result

# Whatever the split.
OF_WINDOWS = (encode_speech, measure_windows, compute_baseline_features, baseline_fingerprint)


@dataclass(frozen=True)
class CrossValidation:
    """All folds and repeats of a run; finished ones are reused, so that it can be interrupted.

    Fold i of repeat r is a run of its own in `<k>-folds/repeat<r>/fold<i>`, with the seed `config.seed` + r: its
    teacher, students and epochs are chosen without its test subjects.

    Args:
        context: the run that is repeated; its own split is not used.
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

    context: RunContext
    folds: int | None
    repeats: int = 1
    jobs: int = 1
    scheduler: str = ""
    audit: bool = True

    def __post_init__(self):
        if self.folds is not None:
            checked(Folds, self.folds, "folds")
        checked(Repeats, self.repeats, "repeats")
        checked(Jobs, self.jobs, "jobs")
        checked(Seed, self.context.config.seed + self.repeats - 1, "the seed of the last repeat")

    @property
    def folder(self) -> Path:
        return self.context.output_dir / "cross_validation"

    def evaluate(self) -> dict:
        """Run what is missing and score all of it; the content of `metrics.json`.

        Leaves `metrics.json`, `report.html` and the other files of an evaluation, over the test windows of all folds.
        """
        with self.context.writing():
            others = other_data(self.context)
            honest = self.split_results()
            leaky = self._leaky_results() if self.audit else []
            for context in (self.context, *others.values()):
                baseline_fingerprint(context)  # once, here, rather than by the first fold that needs it
            before = teachers_before([self.context.config.distillation])
            self.work("folds", analyse_fold, [*honest, *leaky], before=before)
            made = [result.fingerprints(others) for result in honest]
            made += [result.fingerprints() for result in leaky]
            write_evaluation(self.context, self.folder, made, honest, leaky)
            return read_result(self.folder / "metrics.json")

    def split_results(self) -> list[SplitResults]:
        """Where each fold of each repeat keeps its files."""
        store = prepare(self.context)
        n_subjects = store.manifest["subject"][store.complete].nunique()
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

    def work(
        self,
        name: str,
        function: Callable,
        results: list[SplitResults],
        *arguments,
        before: Sequence[Sequence[tuple]] = (),
    ) -> None:
        """Call `function(context, *arguments)` for each fold that it has work for, each in a process of its own.

        Args:
            before: parts of that work for a cluster, whose workers may be more than there are folds: groups of
                `(function, *arguments)` to call with the context, those of a group side by side. What they have made,
                the function finds.
        """
        reporter = self.context.reporter
        outstanding = [
            result for result in results if not _is_finished(function, self.fold_context(result), *arguments)
        ]
        if not outstanding:
            reporter.reused(name, [self.folder])
            return
        compute_for_all(self.context)
        contexts = [self.fold_context(result) for result in outstanding]
        whole = (function, *arguments)
        with reporter.stage(name, len(results)) as report:
            groups = [*before, [whole]]
            done = self._on_cluster(contexts, groups) if self.scheduler else self._here(contexts, whole)
            for number, _ in enumerate(done, start=len(results) - len(contexts) + 1):
                report(number)

    def fold_context(self, result: SplitResults) -> RunContext:
        """The run of one fold, quiet; index and windows are those of all, and what has been made of them."""
        run = self.context
        made = [each for each in OF_WINDOWS if each in run.made]
        return run.detached(
            result.folder,
            read_index,
            prepare,
            other_data,
            *made,
            config=dataclasses.replace(run.config, seed=run.config.seed + result.repeat),
            fold=result.fold,
        )

    def _leaky_results(self) -> list[SplitResults]:
        count = self.split_results()[0].fold.count
        return [self._results(0, Fold(index, count, "recording")) for index in range(count)]

    def _results(self, repeat: int, fold: Fold) -> SplitResults:
        kind = "folds" if fold.unit == "subject" else "leaky-folds"
        folder = self.folder / f"{fold.count}-{kind}" / f"repeat{repeat}" / f"fold{fold.index}"
        return SplitResults(folder, repeat, fold)

    def _here(self, contexts: list[RunContext], whole: tuple) -> Iterator:
        """Threads, each of which waits for its process."""
        import joblib

        defaults = beside_others(cores_of_one(self.jobs))
        parallel = joblib.Parallel(self.jobs, "threading", return_as="generator_unordered")
        return parallel(joblib.delayed(_apart)(context, whole, defaults) for context in contexts)

    def _on_cluster(self, contexts: list[RunContext], groups: Sequence) -> Iterator:
        """One graph of all folds, whose parts are done as soon as what they depend on is there; a core each, unless a
        worker's environment has another number of threads."""
        from stressid_keras.preprocessing.cluster import dask_client, work_through

        run = self.context
        self.folder.mkdir(parents=True, exist_ok=True)
        shared = [path.absolute() for path in (run.data_dir, run.prepared_dir, self.folder)]
        defaults = beside_others(1)
        with dask_client(self.scheduler, shared, run.config.preparation) as client:
            yield from work_through(
                client,
                [
                    [[(_apart, context, call, defaults) for call in calls] for calls in groups]
                    for context in contexts
                ],
            )


def _apart(context: RunContext, call: tuple, defaults: dict[str, str]) -> None:
    """Make a call `(function, *arguments)` with the context, in a process of its own."""
    function, *arguments = call
    in_own_process(function, context, *arguments, defaults=defaults)


def analyse_fold(context: RunContext) -> None:
    """Train and analyse one fold, in this process."""
    with alone(context):
        predict(context)
        classify_baselines(context)
        if context.fold.unit == "subject":
            corrupt(context)
            inspect(context)
            also_test(context)


def alone(context: RunContext):
    """Hold the folder of a fold: a process of an earlier run that still works on it is waited for."""
    return exclusive(context.output_dir)


def _is_finished(function: Callable, *arguments) -> bool:
    """Whether all that the function would make is there and current; a process to find out would take seconds."""
    try:
        with nothing_runs():
            function(*arguments)
    except WorkToDo:
        return False
    return True
