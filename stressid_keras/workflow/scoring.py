"""From the files of one split, or of all folds, to the scores that report and model card show."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.config import to_dict
from stressid_keras.dataset.adapters import data_title
from stressid_keras.errors import StressIDError
from stressid_keras.media.mel import MelAxes
from stressid_keras.provenance import versions
from stressid_keras.store.encoding import from_stored
from stressid_keras.workflow.analysis import NETWORKS
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import compute_baseline_features, prepare, read_index
from stressid_keras.workflow.insight import STUDENTS
from stressid_keras.workflow.other_trees import other_data
from stressid_keras.workflow.split_results import SplitResults

KNOWLEDGE = {"trained": "teacher", "cross_fitted": "teacher_cross_fitted", "forests": "teacher_forest"}


def gather(context: RunContext, results: Sequence[SplitResults], leaky: Sequence[SplitResults] = ()):
    """The `Evidence` of an evaluation."""
    from stressid_keras.reporting.evidence import Evidence

    store = prepare(context)
    predictions = pd.concat([result.predictions() for result in results], ignore_index=True)
    splits = [result.split for result in results]
    return Evidence(
        metrics=_metrics(context, results, leaky, predictions, splits),
        predictions=predictions,
        splits=splits,
        histories={model: [result.history(model) for result in results] for model in NETWORKS},
        best_epochs={model: [result.best_epoch(model) for result in results] for model in NETWORKS},
        config=context.config.to_dict(),
        versions=versions(),
        class_names=store.class_names,
        data_name=data_title(context.data_dir),
        network_sizes={model: size for model in NETWORKS if (size := results[0].network_size(model))},
        **_looks(store, results),
    )


def train_rows(context: RunContext, results: Sequence[SplitResults]) -> pd.DataFrame:
    """The manifest's rows that each split was trained on, with its place."""
    store = prepare(context)
    manifest = store.manifest[store.complete]
    return pd.concat(
        manifest[manifest["subject"].isin(result.split["train"])].assign(**result.place) for result in results
    )


def _metrics(context: RunContext, results, leaky, predictions: pd.DataFrame, splits: list[dict]) -> dict:
    from stressid_keras import evaluation
    from stressid_keras.analysis.probes import findings

    names, seed = prepare(context).class_names, context.config.seed
    train = train_rows(context, results)
    if results[0].fold is None:
        metrics = evaluation.score_run(predictions, names, train, seed)
    else:
        metrics = evaluation.score_folds(predictions, train, names, seed)
    metrics["method"] = described_method(context, results)
    metrics["probes"] = _probes(context, results, splits)
    metrics["teacher_knowledge"] = _teacher_knowledge(context, results, names)
    if leaky:
        table = pd.concat([result.predictions() for result in leaky], ignore_index=True)
        honest = predictions[predictions["repeat"] == leaky[0].repeat]
        metrics["leakage_audit"] = evaluation.leakage_audit(honest, table, names)
    if curves := _curves(results, names, seed):
        metrics["robustness"] = curves
    if others := other_data(context):
        metrics["also_tested"] = [
            _also_tested(name, other, results, train, metrics["protocol"]) for name, other in others.items()
        ]
    metrics["fairness"] = _fairness(context, predictions, names, seed)
    metrics["findings"] = findings(metrics)
    return metrics


def _teacher_knowledge(context: RunContext, results, names) -> dict:
    """Macro F1 of what teachers say of the people that they teach, over all folds."""
    from stressid_keras import evaluation

    method = context.config.distillation
    source = {"cross-fit": "teacher", "forest": "forest"}.get(method.imitated)
    folder = f"{source}-{method.cross_fit_parts}" if source else ""
    taught = pd.concat([result.taught(folder) for result in results], ignore_index=True)
    return {
        key: evaluation.classification_metrics(
            rows["label"], evaluation.probabilities_of(rows, names), names
        )["macro_f1"]
        for key, model in KNOWLEDGE.items()
        if len(rows := taught[taught["model"] == model])
    }


def _also_tested(name: str, other: RunContext, results, train: pd.DataFrame, protocol: dict) -> dict:
    """Scores on one of the other trees."""
    from stressid_keras import evaluation

    answers = pd.concat([result.also_tested(name) for result in results], ignore_index=True)
    scored = evaluation.score_elsewhere(answers, train, protocol["class_names"], protocol["seed"])
    n_trainings = scored["protocol"]["n_trainings"]
    how = "one training" if n_trainings == 1 else f"mean over {n_trainings} trainings ({protocol['name']})"
    about = {
        "name": how,
        "class_names": list(prepare(other).class_names),
        "taken_for": protocol["class_names"],
    }
    return {"name": data_title(other.data_dir), **scored, "protocol": about | scored["protocol"]}


def described_method(context: RunContext, results: Sequence[SplitResults] = ()) -> dict:
    """How the student learned, in words; by training also `shares` where that of the soft labels was chosen, and
    `hearable` where the measures were."""
    from stressid_keras.distillation import describe
    from stressid_keras.distillation.method_description import chosen_shares, kept_measures

    method = context.config.distillation
    found = to_dict(describe(method))
    if results and method.imitation_chosen and method.imitation:
        found["shares"] = [result.imitation() for result in results]
        found["sentences"] = [*found["sentences"], chosen_shares(found["shares"])]
    if results and method.hearable and method.measures:
        found["hearable"] = [result.hearable_measures() for result in results]
        found["sentences"] = [*found["sentences"], kept_measures(found["hearable"])]
    return found


def _probes(context: RunContext, results: Sequence[SplitResults], splits: list[dict]) -> dict:
    from stressid_keras.analysis import baselines, probes

    store, measures = prepare(context), compute_baseline_features(context)
    unseen: dict[str, list[probes.Windows]] = {}
    for result in results:
        arrays = result.arrays("features")
        rows = store.manifest.iloc[arrays.pop("rows")]
        for model, features in arrays.items():
            unseen.setdefault(model, []).append(probes.Windows(features, *_people(rows)))
    subjects, recordings = _people(store.manifest[store.complete])
    inputs = probes.ProbeInputs(
        availability=read_index(context).availability,
        failures=store.failures,
        folds=[(split["train"], split["test"]) for split in splits],
        class_names=store.class_names,
        seed=context.config.seed,
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


def _fairness(context: RunContext, predictions: pd.DataFrame, names, seed: int) -> dict | None:
    """Of the test windows, by sex; None without `demographics.csv`."""
    from stressid_keras import evaluation

    try:
        people = evaluation.read_demographics(context.data_dir)
    except StressIDError as error:
        context.reporter.warn(str(error))
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
    ears = {model: str(first[f"ear_{model}"]) for model in STUDENTS}
    axes = {ear: MelAxes(*map(int, first[f"axes_{ear}"])) for ear in dict.fromkeys(ears.values())}
    looks["band_axes"] = {model: axes[ear] for model, ear in ears.items()}
    looks["looked_at"] = [
        LookedAt(
            title=f"{store.manifest['task'].iloc[row]}, {store.class_names[store.manifest['label'].iloc[row]]}",
            picture=from_stored(first[f"picture_{ear}_{position}"], "audio"),
            axes=axes[ear],
            maps={model: first[f"map_{model}_{position}"] for model in STUDENTS if ears[model] == ear},
        )
        for position, row in zip(first["shown"], first["rows"][first["shown"]], strict=True)
        for ear in axes
    ]
    return looks
