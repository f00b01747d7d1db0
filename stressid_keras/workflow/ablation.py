"""Which modalities are worth imitating: a student for every subset of the teacher's features, on every fold."""

import dataclasses
import itertools
from pathlib import Path

import pandas as pd

from stressid_keras.config import PRIVILEGED, DistillationConfig, RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import atomic_path, file_fingerprint, read_json, write_json
from stressid_keras.workflow.cross_validation import CrossValidation, fold_run
from stressid_keras.workflow.data import Fold
from stressid_keras.workflow.scoring import SCORING_VERSION, SplitResults
from stressid_keras.workflow.stage import Stage

OPTIONS = {"video": "alpha", "ecg": "beta", "eda": "gamma", "rr": "delta"}
ABLATION_FILES = ("ablation.csv", "ablation.json", "predictions.csv", "ablation.html")
ALL, NONE = "student", "student_ce"  # of the main job: every term, and none
VERSION = 1


class Ablation:
    """Students of all subsets of α to δ on the folds of a cross-validation, whose teachers and controls they share.

    Args:
        folds: its runs; its seeds are its repeats.
    """

    def __init__(self, folds: CrossValidation):
        self.folds = folds
        self.data = folds.run.data
        self.folder = folds.run.output_dir / "ablation"

    def evaluate(self) -> dict:
        """Train what is missing and score all of it; the content of `ablation.json`.

        Leaves `ablation.csv`, a row per subset with its difference to the control; `ablation.html`, the same as table
        and figure; and `predictions.csv`.
        """
        results = self.folds.split_results()
        names = list(subsets(self.data.config.distillation))
        self.folds.work("ablation", ablate_fold, results)
        files = [result.folder / "ablation" / "predictions.csv" for result in results]
        stage = Stage(
            self.folder,
            "ablation_record",
            {
                "predictions": [file_fingerprint(file) for file in files],
                "subsets": names,
                "store": self.data.store.fingerprint,
                "seed": self.data.config.seed,
                "code": [VERSION, SCORING_VERSION],
            },
            ABLATION_FILES,
        )
        if stage.is_current():
            self.data.reporter.reused("ablation", [self.folder / name for name in ABLATION_FILES])
        else:
            stage.run(lambda: self._score(results))
        return read_json(self.folder / "ablation.json")

    def _score(self, results: list[SplitResults]) -> None:
        from stressid_keras import evaluation

        tables = [
            evaluation.read_predictions(result.folder / "ablation" / "predictions.csv").assign(**result.place)
            for result in results
        ]
        predictions = pd.concat(tables, ignore_index=True)
        found = evaluation.ablation_scores(
            predictions,
            {name: _label(weights) for name, weights in subsets(self.data.config.distillation).items()},
            self.data.store.class_names,
            self.data.config.seed,
        )
        evaluation.write_predictions(self.folder / "predictions.csv", predictions)
        write_json(self.folder / "ablation.json", found)
        with atomic_path(self.folder / "ablation.csv") as temporary:
            pd.DataFrame(found["subsets"]).to_csv(temporary, index=False)
        evaluation.write_ablation_report(self.folder / "ablation.html", found)


def subsets(config: DistillationConfig) -> dict[str, DistillationConfig]:
    """By the name of the student: the configuration with some of its terms, the others at 0.

    Terms that the configuration has at 0 are in none of them: that is how to leave a modality out of the question.

    Raises:
        StressIDError: all of them are.
    """
    found = {}
    terms = [modality for modality in PRIVILEGED if config.weights[modality]]
    if not terms:
        raise StressIDError("alpha to delta are all 0; expected at least one term of the loss to leave out.")
    for size in range(len(terms) + 1):
        for kept in itertools.combinations(terms, size):
            dropped = {OPTIONS[modality]: 0.0 for modality in terms if modality not in kept}
            name = {0: NONE, len(terms): ALL}.get(size, "student_" + "_".join(kept))
            found[name] = dataclasses.replace(config, **dropped)
    return found


def ablate_fold(data_dir, prepared_dir, folder: Path, config: RunConfig, fold: Fold, threads: int) -> bool:
    """Train and score the students of one fold, in this process; whether anything had to be done."""
    with fold_run(data_dir, prepared_dir, folder, config, fold, threads) as (run, witness):
        stages = {
            name: run.training.variant(name, weights)
            for name, weights in subsets(config.distillation).items()
            if name not in (ALL, NONE)
        }
        stages |= {ALL: run.training.student, NONE: run.training.control}
        inputs = {
            "models": {name: stage.record["outputs"] for name, stage in stages.items()},
            "store": run.store.fingerprint,
            "code": VERSION,
        }
        stage = Stage(folder / "ablation", "predictions", inputs, ("predictions.csv",))
        if not stage.is_current():
            stage.run(lambda: _predict(run, stage.folder / "predictions.csv", stages))
    return witness.saw_work


def _predict(run, path: Path, stages: dict[str, Stage]) -> None:
    from stressid_keras import evaluation

    rows, store = run.data.rows("test"), run.store
    tables = [
        evaluation.predictions_table(
            name,
            "test",
            store.manifest.iloc[rows],
            run.analysis.probabilities(run.training.load(name, stage.folder), rows),
            store.class_names,
        )
        for name, stage in stages.items()
    ]
    evaluation.write_predictions(path, pd.concat(tables, ignore_index=True))


def _label(config: DistillationConfig) -> str:
    kept = [modality for modality, weight in config.weights.items() if weight]
    return " + ".join(kept) or "none (control)"
