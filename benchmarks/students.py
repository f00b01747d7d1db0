"""Which backbone hears most: the control, without a teacher, of each on folds by subject, beside the audio baselines.

python benchmarks/students.py --backbones speech statistics cnn            # on the synthetic sample
python benchmarks/students.py --data-dir TREE --teacher-modalities video   # whose recordings have these and audio
"""

import argparse
import tempfile
from pathlib import Path

import keras
import pandas as pd

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
from stressid_keras.workflow.analysis import class_probabilities, network_outputs
from stressid_keras.workflow.part_windows import part_rows
from stressid_keras.workflow.training import load_trained


def main():
    arguments = parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        data = arguments.data_dir or make_synthetic_tree(scratch / "sample", jobs=arguments.jobs)
        tables, names = {}, ()
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
                    if backbone == arguments.backbones[0]:
                        found.append(baseline_predictions(context))
                    for table in found:
                        for model, rows in table.groupby("model"):
                            name = backbone if model == "student_ce" else display_name(model)
                            tables.setdefault(name, []).append(rows.assign(repeat=repeat))
                    names = prepare(context).class_names
                    keras.backend.clear_session()
        show({name: pd.concat(parts) for name, parts in tables.items()}, names, arguments.backbones)


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
    return parser


def configuration(arguments, backbone: str, seed: int) -> RunConfig:
    return RunConfig(
        seed=seed,
        dataset=DatasetConfig(teacher_modalities=tuple(arguments.teacher_modalities)),
        pipeline=PipelineConfig(workers=arguments.jobs),
        student=StudentConfig(backbone=backbone),
        student_training=TrainingConfig(epochs=arguments.epochs),
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
