"""Which backbone hears most: the control, without a teacher, of each on folds by subject, beside the audio baselines.

python benchmarks/students.py --backbones speech statistics cnn            # on the synthetic sample
python benchmarks/students.py --data-dir TREE --teacher-modalities video   # whose recordings have these and audio
python benchmarks/students.py --properties    # also whom it knows, what disturbs it, and what its files cost
"""

import argparse
import tempfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from student_properties import corrupted_predictions, exported, identity

from stressid_keras.analysis.robustness import robustness_scores
from stressid_keras.config import (
    IMAGE_BACKBONES,
    SPEECH_BACKBONES,
    DatasetConfig,
    PipelineConfig,
    RunConfig,
    StudentConfig,
    TrainingConfig,
)
from stressid_keras.dataset import make_synthetic_tree
from stressid_keras.evaluation import predictions_table, read_predictions
from stressid_keras.evaluation.comparisons import compare_models
from stressid_keras.evaluation.metrics import classification_metrics
from stressid_keras.evaluation.models import AUDIO_BASELINES, display_name
from stressid_keras.evaluation.predictions import probabilities_of
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.workflow import Fold, RunContext, classify_baselines, prepare, train_control
from stressid_keras.workflow.part_windows import class_probabilities, network_outputs, part_rows
from stressid_keras.workflow.training import load_trained


def main():
    arguments = parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        data = arguments.data_dir or make_synthetic_tree(scratch / "sample", jobs=arguments.jobs)
        tables, names, properties = {}, (), Properties()
        for backbone in arguments.backbones:
            for repeat in range(arguments.repeats):
                for index in range(arguments.folds):
                    folder = scratch / backbone / f"{repeat}-{index}"
                    fold = Fold(index, arguments.folds)
                    context = RunContext(
                        data,
                        arguments.prepared_dir or scratch / "prepared",
                        folder,
                        configuration(arguments, backbone, repeat),
                        arguments.jobs,
                        fold=fold,
                    )
                    found = [control_predictions(context)]
                    if arguments.properties:
                        properties.add(backbone, context, repeat, index)
                    if backbone == arguments.backbones[0]:
                        found.append(baseline_predictions(context))
                    for table in found:
                        for model, rows in table.groupby("model"):
                            name = backbone if model == "student_ce" else display_name(model)
                            tables.setdefault(name, []).append(rows.assign(repeat=repeat))
                    names = prepare(context).class_names
                    keras.backend.clear_session()
        show({name: pd.concat(parts) for name, parts in tables.items()}, names, arguments.backbones)
        properties.show(names)


def parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data-dir", type=Path, help="as the recipes'; without it, the synthetic sample is made"
    )
    parser.add_argument("--prepared-dir", type=Path)
    parser.add_argument("--teacher-modalities", nargs="+", choices=PRIVILEGED, default=PRIVILEGED)
    parser.add_argument(
        "--backbones", nargs="+", choices=(*IMAGE_BACKBONES, *SPEECH_BACKBONES), default=("speech",)
    )
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=TrainingConfig.epochs)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--properties", action="store_true", help="of all folds the identity, of the first repeat the rest"
    )
    return parser


def configuration(arguments, backbone: str, seed: int) -> RunConfig:
    return RunConfig(
        seed=seed,
        dataset=DatasetConfig(teacher_modalities=tuple(arguments.teacher_modalities)),
        pipeline=PipelineConfig(workers=arguments.jobs),
        student=StudentConfig(backbone=backbone),
        student_training=TrainingConfig(epochs=arguments.epochs),
    )


class Properties:
    """What else is found of the backbones."""

    def __init__(self):
        self.identities, self.corrupted, self.files = {}, {}, {}

    def add(self, backbone: str, context: RunContext, repeat: int, fold: int) -> None:
        student = load_trained(context.output_dir, "student_ce")
        self.identities.setdefault(backbone, []).append(identity(context, student))
        if repeat == 0:
            self.corrupted.setdefault(backbone, []).append(corrupted_predictions(context, student))
        if (repeat, fold) == (0, 0):
            self.files[backbone] = exported(context, student, context.output_dir)

    def show(self, class_names) -> None:
        for backbone, folds in self.identities.items():
            accuracy, chance = (np.mean([fold[key] for fold in folds]) for key in ("accuracy", "chance"))
            print(f"{backbone}: re-identified {accuracy:.3f}, chance {chance:.3f}")
            curves = robustness_scores(pd.concat(self.corrupted[backbone]), class_names, 0)["student_ce"]
            for name, points in curves.items():
                print(f"    {name} {points[-1]['level']}: macro F1 {points[-1]['macro_f1']:.3f}")
            for variant, report in self.files[backbone].items():
                memory = (report["peak_memory_mib"] or {}).get("process", np.nan)
                print(
                    f"    {variant}: {report['bytes'] / 1e6:.2f} MB, {report['latency_ms']:.1f} ms a window, "
                    f"peak memory {memory:.0f} MiB"
                )


def control_predictions(context: RunContext) -> pd.DataFrame:
    train_control(context)
    store, rows = prepare(context), part_rows(context, "test")
    outputs = network_outputs(context, load_trained(context.output_dir, "student_ce"), rows)
    probabilities = class_probabilities(outputs["logits"])
    return predictions_table(
        "student_ce", "test", store.manifest.iloc[rows], probabilities, store.class_names
    )


def baseline_predictions(context: RunContext) -> pd.DataFrame:
    classify_baselines(context)
    table = read_predictions(context.output_dir / "baseline_predictions.csv")
    return table[(table["split"] == "test") & table["model"].str.startswith(AUDIO_BASELINES)]


def show(tables: dict[str, pd.DataFrame], class_names, backbones) -> None:
    """Macro F1 over the windows of all folds and repeats, and differences paired by subject."""
    scores = {
        name: classification_metrics(table["label"], probabilities_of(table, class_names), class_names)[
            "macro_f1"
        ]
        for name, table in tables.items()
    }
    for name, score in sorted(scores.items(), key=lambda item: -item[1]):
        print(f"{name:<45} {score:.3f}")
    others = [name for name in scores if name not in backbones]
    for backbone in backbones:
        for other in others:
            found = compare_models(tables[backbone], tables[other])
            print(
                f"{backbone} minus {other:<45} {found['difference']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"
            )


if __name__ == "__main__":
    main()
