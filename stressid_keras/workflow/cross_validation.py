"""Every subject tested once: runs on the folds of a cross-validation, in processes of their own, and their scores."""

import dataclasses
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pandas as pd

from stressid_keras.config import RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import read_json, versions, write_json
from stressid_keras.workflow.data import Fold
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.run import Run
from stressid_keras.workflow.stage import Stage


class CrossValidation:
    """Runs on all folds and repeats; finished ones are reused, so that it can be interrupted.

    Fold i of repeat r is a `Run` of its own in `<output_dir>/repeat<r>/fold<i>`, with the seed `config.seed` + r: its
    teacher, students and epochs are chosen without its test subjects.

    Args:
        run: what is repeated; its own split is not used.
        folds: 3 to the number of subjects; None leaves one subject out at a time.
        repeats: each with another division into folds, other first weights and another order of the batches.
        jobs: processes; the cores are divided between them.

    Raises, in all methods:
        StressIDError: as `Run`, or a number that makes no sense.
    """

    def __init__(self, run: Run, folds: int | None, repeats: int = 1, jobs: int = 1):
        if repeats < 1 or jobs < 1:
            raise StressIDError(
                f"{repeats} repeats in {jobs} processes were asked for; expected 1 or more of each."
            )
        self.run = run
        self.folds = folds
        self.repeats = repeats
        self.jobs = jobs
        self.folder = run.output_dir / "cross_validation"

    def evaluate(self) -> dict:
        """Run what is missing and score all of it; the content of `metrics.json`.

        Leaves `metrics.json`, `predictions.csv` (test rows with `repeat` and `fold`) and `report.html`.
        """
        folds = self._folds()
        self._run(folds)
        records = [read_json(self._folder(repeat, fold) / "evaluation.json") for repeat, fold in folds]
        stage = Stage(
            self.folder,
            "evaluation",
            {"runs": [record["fingerprint"] for record in records], "store": self.run.store.fingerprint},
            ("metrics.json", "predictions.csv", "report.html"),
        )
        if stage.is_current():
            self.run.data.reporter.reused("evaluation", [self.folder / name for name in stage.outputs])
        else:
            stage.run(lambda: self._score(folds))
        return read_json(self.folder / "metrics.json")

    def _folds(self) -> list[tuple[int, Fold]]:
        manifest = self.run.store.manifest[self.run.store.complete]
        n_subjects = manifest["subject"].nunique()
        count = n_subjects if self.folds is None else self.folds
        if not 3 <= count <= n_subjects:
            raise StressIDError(
                f"{count} folds were asked for; expected from 3 to the number of subjects, {n_subjects}."
            )
        return [(repeat, Fold(index, count)) for repeat in range(self.repeats) for index in range(count)]

    def _folder(self, repeat: int, fold: Fold) -> Path:
        return self.folder / f"{fold.count}-folds" / f"repeat{repeat}" / f"fold{fold.index}"

    def _run(self, folds: list[tuple[int, Fold]]) -> None:
        import joblib

        data = self.run.data
        tasks = [
            joblib.delayed(_in_own_process)(
                run_fold,
                data.data_dir,
                data.prepared_dir,
                self._folder(repeat, fold),
                dataclasses.replace(data.config, seed=data.config.seed + repeat),
                fold,
                self.jobs,
            )
            for repeat, fold in folds
        ]
        with data.reporter.stage("folds", len(tasks)) as report:
            worked = 0
            parallel = joblib.Parallel(n_jobs=self.jobs, backend="threading", return_as="generator_unordered")
            for done, was_new in enumerate(parallel(tasks), start=1):
                worked += was_new
                if worked:
                    report(done)
        if not worked:
            data.reporter.reused("folds", [self.folder])

    def _score(self, folds: list[tuple[int, Fold]]) -> None:
        from stressid_keras import evaluation

        predictions, train_rows, splits = [], [], []
        manifest = self.run.store.manifest
        complete = manifest[self.run.store.complete]
        for repeat, fold in folds:
            folder = self._folder(repeat, fold)
            place = {"repeat": repeat, "fold": fold.index}
            table = evaluation.read_predictions(folder / "predictions.csv")
            predictions.append(table[table["split"] == "test"].assign(**place))
            split = read_json(folder / "split.json")
            train_rows.append(complete[complete["subject"].isin(split["train"])].assign(**place))
            splits.append({**place, **split})
        predictions = pd.concat(predictions, ignore_index=True)
        metrics = evaluation.score_folds(
            predictions, pd.concat(train_rows), self.run.store.class_names, self.run.config.seed
        )
        evaluation.write_predictions(self.folder / "predictions.csv", predictions)
        write_json(self.folder / "metrics.json", metrics)
        evaluation.write_fold_report(
            self.folder / "report.html",
            metrics=metrics,
            predictions=predictions,
            splits=splits,
            config=self.run.config.to_dict(),
            versions=versions(),
            class_names=self.run.store.class_names,
        )


def run_fold(data_dir, prepared_dir, output_dir, config: RunConfig, fold: Fold, processes: int) -> bool:
    """Evaluate one fold, in this process; whether anything had to be done."""
    # Read by TensorFlow when it is first imported; threads of several processes would take each other's cores.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    witness = _Witness()
    Run(data_dir, prepared_dir, output_dir, config, reporter=witness, fold=fold).evaluate()
    return witness.saw_work


def _in_own_process(work, *arguments):
    """A fresh process for each fold: TensorFlow's memory grows with every network that a process has built."""
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            return process.submit(work, *arguments).result()
    except BrokenProcessPool as error:
        raise StressIDError(
            "The process of a fold was killed, perhaps for want of memory; run again with fewer jobs: "
            "finished folds and stages are kept."
        ) from error


class _Witness(Reporter):
    def __init__(self):
        self.saw_work = False

    def progress(self, stage, done, values):
        self.saw_work = True
