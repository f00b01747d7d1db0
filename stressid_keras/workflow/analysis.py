"""What the trained networks of one split say, and what classical classifiers say beside them."""

import numpy as np
import pandas as pd

from stressid_keras.modalities import TEACHABLE
from stressid_keras.store.sealed_arrays import write_arrays
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import (
    baseline_fingerprint,
    compute_baseline_features,
    prepare,
    split_people,
)
from stressid_keras.workflow.part_windows import (
    labels,
    network_outputs,
    places,
    predictions_of,
    rows_of_parts,
)
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.student_stages import train_networks
from stressid_keras.workflow.training import load_trained

PREDICTION_VERSION = 1  # raised when predictions or features change for the same networks
BASELINE_VERSION = 1  # raised when the baselines change for the same features
NETWORKS = ("teacher", "student", "student_ce")
UNSEEN = ("val", "test")  # whose features show what a network keeps of a person


@verb
def predict(context: RunContext) -> Stage:
    """`network_predictions.csv`, of every network on every part, and `features.npz`, of people not trained on."""
    inputs = {
        "models": {name: stage.record["outputs"] for name, stage in train_networks(context).items()},
        "store": prepare(context).fingerprint,
        "code": PREDICTION_VERSION,
    }
    outputs = ("network_predictions.csv", "features.npz")
    stage = Stage(context.output_dir, "predictions", inputs, outputs)
    return stage.ensure(lambda: _predict(context), context.reporter)


@verb
def classify_baselines(context: RunContext) -> Stage:
    """`baseline_predictions.csv`: hand-crafted features and classical classifiers on the same parts."""
    from sklearn import __version__ as scikit_learn

    inputs = {
        "features": baseline_fingerprint(context),
        "scikit-learn": scikit_learn,
        "store": prepare(context).fingerprint,
        "split": split_people(context).to_dict(),
        "seed": context.config.seed,
        "code": BASELINE_VERSION,
    }
    stage = Stage(context.output_dir, "baselines", inputs, ("baseline_predictions.csv",))
    return stage.ensure(lambda: _classify(context), context.reporter)


def feature_of(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """The vector before the classifier: the student's feature, or the teacher's, one after the other."""
    if "feature" in outputs:
        return outputs["feature"]
    return np.concatenate([outputs[modality] for modality in TEACHABLE if modality in outputs], axis=1)


def _predict(context: RunContext) -> None:
    from stressid_keras import evaluation

    folder, parts = context.output_dir, rows_of_parts(context)
    tables, features = [], {}
    with context.reporter.stage("predictions", len(NETWORKS) * len(parts)) as report:
        for model in NETWORKS:
            network = load_trained(folder, model)
            for part, rows in parts.items():
                outputs = network_outputs(context, network, rows)
                tables.append(predictions_of(context, model, part, rows, outputs["logits"]))
                if part in UNSEEN:
                    features.setdefault(model, []).append(feature_of(outputs))
                report(len(tables))
    evaluation.write_predictions(folder / "network_predictions.csv", pd.concat(tables, ignore_index=True))
    rows = np.concatenate([parts[part] for part in UNSEEN if part in parts])
    stacked = {model: np.concatenate(found) for model, found in features.items()}
    write_arrays(folder / "features.npz", {"rows": rows, **stacked})


def _classify(context: RunContext) -> None:
    from stressid_keras import evaluation
    from stressid_keras.analysis import baselines

    store = prepare(context)
    rows = rows_of_parts(context)
    with context.reporter.stage("baselines", 1) as report:
        found = baselines.baseline_probabilities(
            compute_baseline_features(context),
            {part: places(context, some) for part, some in rows.items()},
            labels(context, store.complete),
            len(store.class_names),
            context.config.seed,
            store.manifest["subject"].to_numpy()[store.complete],
        )
        report(1)
    tables = [
        evaluation.predictions_table(name, part, store.manifest.iloc[rows[part]], values, store.class_names)
        for name, by_part in found.items()
        for part, values in by_part.items()
    ]
    empty = pd.DataFrame(columns=evaluation.prediction_columns(store.class_names))
    table = pd.concat(tables, ignore_index=True) if tables else empty
    evaluation.write_predictions(context.output_dir / "baseline_predictions.csv", table)
