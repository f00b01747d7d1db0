"""From the files of one split, or of all folds, to scores, report and model card."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import to_dict
from stressid_keras.dataset import SubjectSplit
from stressid_keras.dataset.adapters import data_title
from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.provenance import file_fingerprint, fingerprint, versions, write_json
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.sealed_arrays import read_arrays
from stressid_keras.workflow.analysis import NETWORKS, STUDENTS
from stressid_keras.workflow.data import Fold, RunData
from stressid_keras.workflow.stage import read_record

SCORING_VERSION = 4  # raised when scores, report or model card change for the same predictions
REPORT_FILES = (
    "config.json",
    "metrics.json",
    "predictions.csv",
    "scores.csv",
    "subjects.csv",
    "report.html",
    "model_card.md",
)
STAGES = ("predictions", "baselines", "robustness", "inspection")


@dataclass(frozen=True)
class SplitResults:
    """The folder of one split, with the files of its `Analysis`."""

    folder: Path
    repeat: int = 0
    fold: Fold | None = None
    inspected: bool = True  # whether robustness and inspection are there and current

    def __post_init__(self):
        if self.fold is not None and self.fold.unit != "subject":
            object.__setattr__(self, "inspected", False)

    @property
    def place(self) -> dict[str, int]:
        return {} if self.fold is None else {"repeat": self.repeat, "fold": self.fold.index}

    @property
    def split(self) -> dict:
        return {**self.place, **SubjectSplit.load(self.folder / "split.json").to_dict()}

    def fingerprints(self) -> dict[str, str]:
        """Of the stages that made the files."""
        stages = STAGES if self.inspected else STAGES[:2]
        return {stage: read_record(self.folder, stage)["fingerprint"] for stage in stages}

    def predictions(self) -> pd.DataFrame:
        """Of networks and baselines; of a fold, the test part alone."""
        from stressid_keras import evaluation

        files = (self.folder / "network_predictions.csv", self.folder / "baseline_predictions.csv")
        tables = [table for file in files if len(table := evaluation.read_predictions(file))]
        table = pd.concat(tables, ignore_index=True)
        return table if self.fold is None else table[table["split"] == "test"].assign(**self.place)

    def robustness(self) -> pd.DataFrame | None:
        from stressid_keras import evaluation

        if not self.inspected:
            return None
        table = evaluation.read_predictions(self.folder / "robustness.csv")
        return table.assign(**self.place) if len(table) else None

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        path = self.folder / f"{name}.npz"
        arrays = read_arrays(path)
        if arrays is None:
            raise StaleError(f"{path} was removed or changed while it was in use; run again.")
        return arrays

    def history(self, model: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"history_{model}.csv")

    def best_epoch(self, model: str) -> int:
        return read_record(self.folder, model)["summary"]["best_epoch"]


def scoring_inputs(data: RunData, stages) -> dict:
    """What decides `REPORT_FILES`: the stages that they are made from, and what of the tree is read beside them."""
    from stressid_keras.evaluation.demographics import find_demographics

    demographics = find_demographics(data.data_dir)
    return {
        "stages": stages,
        "method": _method(data),
        "store": data.store.fingerprint,
        "availability": fingerprint(data.index.availability.to_dict("list")),
        "demographics": demographics and file_fingerprint(demographics),
        "code": SCORING_VERSION,
    }


def write_scores(
    folder: Path, data: RunData, results: Sequence[SplitResults], leaky: Sequence[SplitResults] = ()
) -> None:
    """Write `REPORT_FILES` of an evaluation.

    Args:
        folder: where they go.
        data: tree, store and configuration that the results share.
        results: one split, or every fold of every repeat.
        leaky: folds of recordings, for the audit.
    """
    from stressid_keras import evaluation
    from stressid_keras.dataset.synthetic.tree import is_generated
    from stressid_keras.reporting.card_texts import SYNTHETIC_LICENCE
    from stressid_keras.reporting.model_card import write_model_card
    from stressid_keras.reporting.report import write_report
    from stressid_keras.reporting.tables import write_score_tables

    with data.reporter.stage("evaluation", 1) as report:
        evidence = gather(data, results, leaky)
        report(1)
    write_json(folder / "metrics.json", evidence.metrics)
    evaluation.write_predictions(folder / "predictions.csv", evidence.predictions)
    write_score_tables(folder, evidence.metrics, evidence.predictions)
    write_json(
        folder / "config.json",
        {"config": evidence.config, "data": evidence.data_name, "versions": evidence.versions},
    )
    write_report(folder / "report.html", evidence)
    write_model_card(
        folder / "model_card.md",
        metrics=evidence.metrics,
        config=evidence.config,
        versions=evidence.versions,
        class_names=evidence.class_names,
        data_name=evidence.data_name,
        license_note=SYNTHETIC_LICENCE if is_generated(data.data_dir) else None,
    )


def gather(data: RunData, results: Sequence[SplitResults], leaky: Sequence[SplitResults] = ()):
    """The `Evidence` of an evaluation."""
    from stressid_keras.reporting.evidence import Evidence

    store = data.store
    predictions = pd.concat([result.predictions() for result in results], ignore_index=True)
    splits = [result.split for result in results]
    return Evidence(
        metrics=_metrics(data, results, leaky, predictions, splits),
        predictions=predictions,
        splits=splits,
        histories={model: [result.history(model) for result in results] for model in NETWORKS},
        best_epochs={model: [result.best_epoch(model) for result in results] for model in NETWORKS},
        config=data.config.to_dict(),
        versions=versions(),
        class_names=store.class_names,
        data_name=data_title(data.data_dir),
        **_looks(store, results),
    )


def train_rows(data: RunData, results: Sequence[SplitResults]) -> pd.DataFrame:
    """The manifest's rows that each split was trained on, with its place."""
    manifest = data.store.manifest[data.store.complete]
    return pd.concat(
        manifest[manifest["subject"].isin(result.split["train"])].assign(**result.place) for result in results
    )


def _metrics(data: RunData, results, leaky, predictions: pd.DataFrame, splits: list[dict]) -> dict:
    from stressid_keras import evaluation
    from stressid_keras.analysis.probes import findings

    names, seed = data.store.class_names, data.config.seed
    train = train_rows(data, results)
    if results[0].fold is None:
        metrics = evaluation.score_run(predictions, names, train, seed)
    else:
        metrics = evaluation.score_folds(predictions, train, names, seed)
    metrics["method"] = _method(data)
    metrics["probes"] = _probes(data, results, splits)
    if leaky:
        table = pd.concat([result.predictions() for result in leaky], ignore_index=True)
        honest = predictions[predictions["repeat"] == leaky[0].repeat]
        metrics["leakage_audit"] = evaluation.leakage_audit(honest, table, names)
    if curves := _curves(results, names, seed):
        metrics["robustness"] = curves
    metrics["fairness"] = _fairness(data, predictions, names, seed)
    metrics["findings"] = findings(metrics)
    return metrics


def _method(data: RunData) -> dict:
    """How the student learned, in words."""
    from stressid_keras.distillation import describe

    return to_dict(describe(data.config.distillation))


def _probes(data: RunData, results: Sequence[SplitResults], splits: list[dict]) -> dict:
    from stressid_keras.analysis import baselines, probes

    store, measures = data.store, data.baseline_features
    unseen: dict[str, list[probes.Windows]] = {}
    for result in results:
        arrays = result.arrays("features")
        rows = store.manifest.iloc[arrays.pop("rows")]
        for model, features in arrays.items():
            unseen.setdefault(model, []).append(probes.Windows(features, *_people(rows)))
    subjects, recordings = _people(store.manifest[store.complete])
    inputs = probes.ProbeInputs(
        availability=data.index.availability,
        failures=store.failures,
        folds=[(split["train"], split["test"]) for split in splits],
        class_names=store.class_names,
        seed=data.config.seed,
        unseen=unseen,
        measures=measures,
        measure_groups={group: baselines.group_columns(measures, group) for group in baselines.GROUPS},
        subjects=subjects,
        recordings=recordings,
    )
    return probes.run_probes(inputs)


def _people(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return rows["subject"].to_numpy(), rows["recording"].to_numpy()


def _curves(results: Sequence[SplitResults], names, seed: int) -> dict | None:
    from stressid_keras.analysis.robustness import robustness_scores

    tables = [table for result in results if (table := result.robustness()) is not None]
    return robustness_scores(pd.concat(tables, ignore_index=True), names, seed) if tables else None


def _fairness(data: RunData, predictions: pd.DataFrame, names, seed: int) -> dict | None:
    """Of the test windows, by sex; None without `demographics.csv`."""
    from stressid_keras import evaluation

    try:
        people = evaluation.read_demographics(data.data_dir)
    except StressIDError as error:
        data.reporter.warn(str(error))
        return None
    if people is None:
        return None
    test = predictions[predictions["split"] == "test"]
    return evaluation.group_scores(test, people.set_index("subject")["group"], names, seed)


def _looks(store, results: Sequence[SplitResults]) -> dict:
    """What the report shows of the networks' insides."""
    from stressid_keras.analysis.robustness import CORRUPTIONS
    from stressid_keras.reporting.evidence import LookedAt

    features = results[0].arrays("features")
    looks = {"feature_rows": store.manifest.iloc[features.pop("rows")], "features": features}
    inspected = [result for result in results if result.inspected]
    if not inspected:
        return looks
    arrays = [result.arrays("inspection") for result in inspected]
    looks["bands"] = {
        model: np.concatenate([found[f"bands_{model}"] for found in arrays]) for model in STUDENTS
    }
    looks["band_subjects"] = store.manifest["subject"].to_numpy()[
        np.concatenate([found["rows"] for found in arrays])
    ]
    first = arrays[0]
    looks["corruption_names"] = {name: (c.display_name, c.unit) for name, c in CORRUPTIONS.items()}
    looks["looked_at"] = [
        LookedAt(
            title=f"{store.manifest['task'].iloc[row]}, {store.class_names[store.manifest['label'].iloc[row]]}",
            log_mel=from_stored(store.read(int(row), "audio"), "audio"),
            maps={model: first[f"map_{model}_{position}"] for model in STUDENTS},
        )
        for position, row in zip(first["shown"], first["rows"][first["shown"]], strict=True)
    ]
    return looks
