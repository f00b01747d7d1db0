"""What the recipes share: the common options, progress on the screen, errors as sentences."""

import argparse
import dataclasses
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes would bury ours

from errors import main
from tqdm import tqdm

from stressid_keras.config import LABEL_COLUMNS, RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint, read_json
from stressid_keras.workflow import Reporter, Run

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENT = "stressid_keras"  # of MLflow
SAMPLE_OPTIONS = ("subjects", "tasks", "silent_tasks", "seconds", "arousal_noise", "audio_noise")
SHOWN = ("loss", "val_uar", "failures")  # of the values that a stage reports


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that every recipe has."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        conflict_handler="resolve",  # a recipe may give an option another meaning
    )
    add = parser.add_argument
    add("--data-dir", type=Path, help="StressID tree; without it, a synthetic sample is made and used")
    add("--prepared-dir", type=Path, help="prepared windows; by default under data/prepared/")
    add("--output-dir", type=Path, help="results; by default saved_models/<name of the data>")
    add("--label", choices=sorted(LABEL_COLUMNS), help="affect3-class or binary-stress [affect3]")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in the order of the labels")
    add(
        "--teacher-recordings",
        choices=("complete", "all"),
        help="all: the teacher also learns from recordings without audio [complete]",
    )
    add("--signal-rate", type=float, metavar="HZ", help="of text files without a time column [500]")
    add("--epochs", type=int, help="most epochs of each training")
    add("--batch-size", type=int, help="windows in a batch")
    add("--loader", choices=("tf.data", "numpy"), help="of batches; numpy needs no TensorFlow [tf.data]")
    add("--pad-to", choices=("batch", "largest"), help="largest: few shapes, which JAX compiles anew [batch]")
    add("--learning-rate", type=float, help="at the start of each training")
    for name, modality in zip(
        ("alpha", "beta", "gamma", "delta"), ("video", "ECG", "EDA", "respiration"), strict=True
    ):
        add(f"--{name}", type=float, help=f"weight of the {modality} feature in the student's loss")
    add("--backbone", choices=("cnn", "separable"), help="of the student; separable: small, for phones [cnn]")
    add("--width", type=float, help="times the filters of the student [1]")
    add("--method", help="how to distil: names joined by +, see docs/methods.md [mars]")
    add("--seed", type=int, help="of the split, the weights, shuffling and augmentation [0]")
    add("--jobs", type=int, default=os.cpu_count(), help=f"processes of the preparation [{os.cpu_count()}]")
    add(
        "--tensorboard",
        action="store_true",
        default=None,
        help="write event files to <output-dir>/tensorboard",
    )
    add("--config", type=Path, help="JSON of options to start from, such as an earlier run's config.json")
    add("--smoke", action="store_true", help="everything tiny: shows that it runs, not what it can do")
    sample = parser.add_argument_group("the synthetic sample, where there is no --data-dir")
    for option, kind, of in (
        ("subjects", int, "people"),
        ("tasks", int, "recordings of each"),
        ("silent-tasks", int, "and recordings without audio, for --teacher-recordings all"),
        ("seconds", float, "length of a recording"),
        ("arousal-noise", float, "standard deviation of the arousal about its label; labels are 1 apart"),
        ("audio-noise", float, "standard deviation of the arousal that the voice shows about that"),
    ):
        sample.add_argument(f"--{option}", type=kind, help=of)
    return parser


def add_tracking_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mlflow",
        metavar="URI",
        help="log options, scores and curves to this MLflow store [off]; extra: mlflow",
    )


def add_folds(parser: argparse.ArgumentParser) -> None:
    """`--folds` and `--repeats` of a recipe that always cross-validates."""
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="by subject, --jobs at a time [5]")
    parser.add_argument("--repeats", type=int, default=1, help="of all folds, with other seeds [1]")


def add_fold_jobs(parser: argparse.ArgumentParser) -> None:
    """`--jobs` of a recipe that trains folds: each process holds networks and batches of its own."""
    most = min(2, os.cpu_count() or 1)
    parser.add_argument(
        "--jobs", type=int, default=most, help=f"folds at a time, and processes of the preparation [{most}]"
    )


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", choices=("local", "dask"), default="local", help="who works [local]")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default="",
        help="of a Dask cluster, whose workers have this package and see the same files at the same paths",
    )


def check_cluster_options(arguments: argparse.Namespace) -> None:
    if (arguments.backend == "dask") != bool(arguments.scheduler):
        raise StressIDError("--backend dask and --scheduler ADDRESS go together; give both or neither.")


def make_run(arguments: argparse.Namespace, scheduler: str = "") -> Run:
    """The run that the options describe, on the sample if they name no data."""
    config = read_config(arguments)
    reporter = ScreenReporter()
    data_dir = arguments.data_dir or make_sample(arguments, reporter)
    # Neither a tree of the same name, nor a smoke test, nor another question to the data, takes the place of this.
    name = data_dir.resolve().name + ("-smoke" if arguments.smoke and arguments.data_dir else "")
    dataset = config.dataset
    kind = "-".join([dataset.label, *(["all"] if dataset.teacher_recordings == "all" else [])])
    name += "" if kind == "affect3" else f"-{kind}"
    key = fingerprint(str(data_dir.resolve()))[:6]
    prepared = arguments.prepared_dir or ROOT / "data" / "prepared" / f"{name}-{key}"
    output = arguments.output_dir or ROOT / "saved_models" / name
    return Run(data_dir, prepared, output, config, max(1, arguments.jobs), reporter, scheduler)


def read_config(arguments: argparse.Namespace) -> RunConfig:
    """The configuration: the defaults or `--config`, shrunk by `--smoke`, then the single options."""
    config = _from_file(arguments.config) if arguments.config else RunConfig()
    if arguments.data_dir is None and not arguments.config:
        config = sized_for_sample(config)
    if arguments.smoke:
        config = shrunk(config)
    given = {name: value for name, value in vars(arguments).items() if value is not None}

    def changed(part, **names):
        values = {option: given[name] for option, name in names.items() if name in given}
        return dataclasses.replace(part, **values)

    if "class_names" in given:
        given["class_names"] = tuple(given["class_names"])
    distillation = changed(config.distillation, alpha="alpha", beta="beta", gamma="gamma", delta="delta")
    if "method" in given:
        from stressid_keras.distillation.methods import with_methods

        distillation = with_methods(given["method"], distillation)
    training = {"epochs": "epochs", "learning_rate": "learning_rate", "tensorboard": "tensorboard"}
    return dataclasses.replace(
        config,
        seed=given.get("seed", config.seed),
        dataset=changed(
            config.dataset,
            label="label",
            class_names="class_names",
            teacher_recordings="teacher_recordings",
        ),
        preparation=dataclasses.replace(
            config.preparation, quality=changed(config.preparation.quality, signal_rate="signal_rate")
        ),
        pipeline=changed(config.pipeline, batch_size="batch_size", loader="loader", pad_to="pad_to"),
        teacher_training=changed(config.teacher_training, **training),
        student_training=changed(config.student_training, **training),
        student=changed(config.student, backbone="backbone", width="width"),
        distillation=distillation,
    )


def sized_for_sample(config: RunConfig) -> RunConfig:
    """Few epochs: the sample shows the whole way in minutes on two cores, and its traces are easily learnt."""
    return dataclasses.replace(
        config,
        teacher_training=dataclasses.replace(config.teacher_training, epochs=12),
        student_training=dataclasses.replace(config.student_training, epochs=10),
    )


def shrunk(config: RunConfig) -> RunConfig:
    """Tiny networks and two epochs."""
    return dataclasses.replace(
        config,
        teacher=dataclasses.replace(
            config.teacher, video_filters=(4, 4), signal_filters=(4, 4), feature_size=8
        ),
        student=dataclasses.replace(config.student, filters=(4, 4), feature_size=8),
        teacher_training=dataclasses.replace(config.teacher_training, epochs=2),
        student_training=dataclasses.replace(config.student_training, epochs=2),
    )


def make_sample(arguments: argparse.Namespace, reporter: Reporter) -> Path:
    """The synthetic tree under data/, made if it is not there."""
    from stressid_keras.dataset.synthetic import SyntheticConfig, is_synthetic_tree, make_synthetic_tree

    config = SyntheticConfig(subjects=6, tasks=3, seconds=4.0) if arguments.smoke else SyntheticConfig()
    asked = {name: getattr(arguments, name) for name in SAMPLE_OPTIONS}
    config = dataclasses.replace(config, **{name: n for name, n in asked.items() if n is not None})
    name = "sample-smoke" if arguments.smoke else "sample"
    name += "".join(f"-{n:g}{name}" for name, n in asked.items() if n is not None)
    folder = ROOT / "data" / name
    if not is_synthetic_tree(folder, config):
        with reporter.stage("sample", config.subjects * config.tasks) as report:
            make_synthetic_tree(folder, config, lambda done, total: report(done), jobs=os.cpu_count())
    return folder


def track(arguments: argparse.Namespace, run: Run, metrics: dict, folder: Path) -> None:
    """Log an evaluation to MLflow, if asked to."""
    if not arguments.mlflow:
        return
    from stressid_keras.tracking import log_to_mlflow

    name = f"{run.data.data_dir.resolve().name}, {metrics['protocol']['name']}"
    logged = log_to_mlflow(folder, metrics, run.config.to_dict(), arguments.mlflow, EXPERIMENT, name)
    print(f"\nmlflow: run {logged} in {arguments.mlflow}")


def show_results(run: Run, paths) -> None:
    """Print where the results are, relative to here if that is shorter, and whether anything had to be done."""
    if not run.data.reporter.made:
        print("\nEverything is up to date.")
    show_paths(paths)


def show_paths(paths) -> None:
    print()
    for path in paths:
        relative = os.path.relpath(path)
        print(f"  {relative if len(relative) < len(str(path)) else path}")


class ScreenReporter(Reporter):
    """Progress bars on the standard error stream, sentences on the standard output."""

    def __init__(self):
        self.made = []
        self._bars = {}  # stages lie within stages

    def reused(self, stage, files):
        print(f"{stage}: up to date ({', '.join(os.path.relpath(file) for file in files)})", flush=True)

    def started(self, stage, total):
        every = 0.1 if sys.stderr.isatty() else 10  # seconds; a log file needs no animation
        self._bars[stage] = tqdm(
            total=total, desc=stage, unit="step", dynamic_ncols=True, delay=0.5, mininterval=every
        )

    def progress(self, stage, done, values):
        if self.made[-1:] != [stage]:
            self.made.append(stage)
        shown = {
            name: value for name, value in values.items() if name in SHOWN and (value or name == "failures")
        }
        bar = self._bars[stage]
        bar.set_postfix(
            {k: f"{v:.3f}" if isinstance(v, float) else v for k, v in shown.items()}, refresh=False
        )
        bar.update(done - bar.n)

    def finished(self, stage):
        self._bars.pop(stage).close()

    def say(self, sentence):
        tqdm.write(sentence)

    def warn(self, sentence):
        tqdm.write(f"note: {sentence}")


def _from_file(path: Path) -> RunConfig:
    values = read_json(path)
    if not isinstance(values, dict) or not isinstance(values.get("config", values), dict):
        raise StressIDError(f"{path} is missing or not JSON; expected a configuration such as config.json.")
    return RunConfig.from_dict(values.get("config", values))


__all__ = [
    "add_cluster_options",
    "add_fold_jobs",
    "add_folds",
    "add_tracking_option",
    "check_cluster_options",
    "main",
    "make_run",
    "parser",
    "show_results",
    "track",
]
