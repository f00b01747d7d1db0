"""What the recipes share: the common options, progress on the screen, errors as sentences."""

import argparse
import dataclasses
import os
from pathlib import Path

from errors import main
from options import Parser, number, option_of
from screen import ScreenReporter

from stressid_keras.config import (
    CORRUPTIONS,
    DEFAULT_METHOD,
    IMAGE_BACKBONES,
    LABEL_COLUMNS,
    SPECIFIED_METHOD,
    SPEECH_BACKBONES,
    DistillationConfig,
    Folds,
    Jobs,
    PipelineConfig,
    QualityConfig,
    Repeats,
    RunConfig,
    StudentConfig,
    TrainingConfig,
)
from stressid_keras.dataset import SyntheticConfig
from stressid_keras.dataset.adapters import data_title
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import PRIVILEGED, RECORDS, TEACHABLE, WEIGHTS
from stressid_keras.provenance import fingerprint, parse_json
from stressid_keras.system.locking import exclusive
from stressid_keras.system.processes_together import processes_together
from stressid_keras.workflow import Reporter, Run

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENT = "stressid_keras"  # of MLflow
SAMPLE_OPTIONS = ("subjects", "tasks", "silent_tasks", "seconds", "arousal_noise", "audio_noise")
LARGEST_CONFIGURATION = 16 << 20  # bytes; one has a few thousand


def parser(description: str) -> Parser:
    """A parser with the options that every recipe has."""
    parser = Parser(description)
    add = parser.add_argument
    add(
        "--data-dir",
        type=Path,
        help="StressID tree, or a table of recordings (CSV); without it, a synthetic sample is made and used",
    )
    add("--prepared-dir", type=Path, help="prepared windows; by default under data/prepared/")
    add("--output-dir", type=Path, help="results; by default saved_models/<name of the data>")
    add("--label", choices=sorted(LABEL_COLUMNS), help="affect3-class or binary-stress [affect3]")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in the order of the labels")
    add(
        "--teacher-recordings",
        choices=("complete", "all"),
        help="all: the teacher also learns from recordings without audio [complete]",
    )
    add(
        "--teacher-modalities",
        nargs="+",
        choices=TEACHABLE,
        metavar="NAME",
        help=f"what the teacher learns from, and every recording must have: some of {', '.join(PRIVILEGED)}, "
        "and audio, by which the teacher hears, too [all but audio]",
    )
    add(
        "--signal-rate",
        type=option_of(QualityConfig, "signal_rate"),
        metavar="HZ",
        help="of text files without a time column [500]",
    )
    add(
        "--crop",
        choices=("frame", "face"),
        help="of the video: the whole frame, or the face in it, found by BlazeFace; extra: faces [frame]",
    )
    add("--epochs", type=option_of(TrainingConfig, "epochs"), help="most epochs of each training")
    add("--batch-size", type=option_of(PipelineConfig, "batch_size"), help="windows in a batch")
    add("--loader", choices=("tf.data", "numpy"), help="of batches; numpy needs no TensorFlow [tf.data]")
    add(
        "--distribution",
        choices=("data-parallel",),
        help="divide each training batch among all devices: JAX, TensorFlow; see docs/cluster.md [one device]",
    )
    add("--pad-to", choices=("batch", "largest"), help="largest: few shapes, which JAX compiles anew [batch]")
    add(
        "--learning-rate",
        type=option_of(TrainingConfig, "learning_rate"),
        help="at the start of each training",
    )
    for modality, name in WEIGHTS.items():
        add(
            f"--{name}",
            type=option_of(DistillationConfig, name),
            help=f"weight of the {RECORDS[modality].spoken} feature in the student's loss",
        )
    add(
        "--backbone",
        choices=(*IMAGE_BACKBONES, *SPEECH_BACKBONES),
        help="of the student; speech: on a pretrained speech encoder; statistics, cnn (the specification's), residual: "
        "from nothing; separable: the same, smaller, for phones [speech]",
    )
    add(
        "--measures",
        choices=("person", "window", "none"),
        help="that the teacher takes beside pictures: of signals and face, also relative to the person's own "
        "recordings; of the window alone; none, as in the specification [person]",
    )
    add("--width", type=option_of(StudentConfig, "width"), help="times the filters of the student [1]")
    add("--method", help=f"how to distil: names joined by +, see docs/methods.md [{DEFAULT_METHOD}]")
    add(
        "--seed",
        type=option_of(RunConfig, "seed"),
        help="of the split, the weights, shuffling and augmentation [0]",
    )
    cores = os.cpu_count() or 1
    add("--jobs", type=number(Jobs), default=cores, help=f"processes of the preparation [{cores}]")
    add(
        "--tensorboard",
        action="store_true",
        default=None,
        help="write event files to <output-dir>/tensorboard",
    )
    add("--config", type=Path, help="JSON of options to start from, such as an earlier run's config.json")
    add("--smoke", action="store_true", help="everything tiny: shows that it runs, not what it can do")
    sample = parser.add_argument_group("the synthetic sample, where there is no --data-dir")
    for option, of in (
        ("subjects", "people"),
        ("tasks", "recordings of each"),
        ("silent_tasks", "and recordings without audio, for --teacher-recordings all"),
        ("seconds", "length of a recording"),
        ("arousal_noise", "standard deviation of the arousal about its label; labels are 1 apart"),
        ("audio_noise", "standard deviation of the arousal that the voice shows about that"),
    ):
        sample.add_argument(f"--{option.replace('_', '-')}", type=option_of(SyntheticConfig, option), help=of)
    return parser


def add_tracking_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mlflow",
        metavar="URI",
        help="log options, scores and curves to this MLflow store [off]; extra: mlflow",
    )


def add_folds(parser: argparse.ArgumentParser) -> None:
    """`--folds` and `--repeats` of a recipe that always cross-validates."""
    parser.add_argument(
        "--folds", type=number(Folds), default=5, metavar="K", help="by subject, --jobs at a time [5]"
    )
    parser.add_argument(
        "--repeats", type=number(Repeats), default=1, help="of all folds, with other seeds [1]"
    )


def add_fold_jobs(parser: argparse.ArgumentParser) -> None:
    """`--jobs` of a recipe that trains folds: each process holds networks and batches of its own."""
    most = min(2, os.cpu_count() or 1)
    parser.add_argument(
        "--jobs",
        type=number(Jobs),
        default=most,
        help=f"folds at a time, and processes of the preparation [{most}]",
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


def make_run(arguments: argparse.Namespace, scheduler: str = "", other_trees=()) -> Run:
    """The run that the options describe, on the sample if they name no data."""
    config = read_config(arguments)
    process = meet_others(config)
    reporter = ScreenReporter()
    data_dir = arguments.data_dir or make_sample(arguments, reporter)
    # Neither a tree of the same name, nor a smoke test, nor another question to the data, takes the place of this.
    place = os.path.realpath(data_dir)
    name = data_title(place) + ("-smoke" if arguments.smoke and arguments.data_dir else "")
    dataset = config.dataset
    kind = "-".join([dataset.label, *(["all"] if dataset.teacher_recordings == "all" else [])])
    name += "" if kind == "affect3" else f"-{kind}"
    if dataset.teacher_modalities != PRIVILEGED:
        name += f"-{'-'.join(dataset.teacher_modalities)}"
    key = fingerprint(place)[:6]
    prepared = arguments.prepared_dir or ROOT / "data" / "prepared" / f"{name}-{key}"
    output = arguments.output_dir or ROOT / "saved_models" / name
    if process:
        output = output / f"process{process}"
    return Run(
        data_dir, prepared, output, config, arguments.jobs, reporter, scheduler, other_trees=other_trees
    )


def meet_others(config: RunConfig) -> int:
    """Before anything else is done, join the processes that train together; which of them this is, from 0.

    Raises:
        StressIDError: the backend cannot divide batches as asked for, or the environment names processes in vain.
    """
    if not config.pipeline.distribution:
        if processes_together()[0] > 1:
            raise StressIDError(
                "the environment names several processes that train together; add --distribution data-parallel."
            )
        return 0
    from stressid_keras.training.devices import devices

    with devices(config.pipeline.distribution) as several:
        return several.process


def read_config(arguments: argparse.Namespace) -> RunConfig:
    """The configuration: the defaults or `--config`, shrunk by `--smoke`, then the single options."""
    config = read_configuration(arguments.config) if arguments.config else RunConfig()
    if arguments.data_dir is None and not arguments.config:
        config = sized_for_sample(config)
    if arguments.smoke:
        config = shrunk(config)
    given = {name: value for name, value in vars(arguments).items() if value is not None}

    def changed(part, *options):
        return dataclasses.replace(part, **{name: given[name] for name in options if name in given})

    for name in ("class_names", "teacher_modalities"):
        if name in given:
            given[name] = tuple(given[name])
    distillation = _distillation(config.distillation, given, changed)
    if distillation.added:
        from stressid_keras.distillation.method_registry import read_options

        read_options(distillation)  # before a teacher is trained for a student that is refused
    training = ("epochs", "learning_rate", "tensorboard")
    return dataclasses.replace(
        config,
        seed=given.get("seed", config.seed),
        dataset=changed(config.dataset, "label", "class_names", "teacher_recordings", "teacher_modalities"),
        preparation=dataclasses.replace(
            config.preparation,
            quality=changed(config.preparation.quality, "signal_rate"),
            video=changed(config.preparation.video, "crop"),
        ),
        pipeline=changed(config.pipeline, "batch_size", "loader", "pad_to", "distribution"),
        teacher_training=changed(config.teacher_training, *training),
        student_training=changed(config.student_training, *training),
        teacher=changed(config.teacher, "measures"),
        student=changed(config.student, "backbone", "width"),
        distillation=distillation,
    )


def _distillation(base: DistillationConfig, given: dict, changed) -> DistillationConfig:
    """With the method and the weights of features that are given; to weigh features is to ask for them.

    Raises:
        StressIDError: a name of the method is unknown, or weights are given and all are 0.
    """
    weights, method = list(WEIGHTS.values()), given.get("method")
    weighed = [name for name in weights if name in given]
    if method is None and not (weighed and base == RunConfig().distillation):
        return changed(base, *weights)
    if weighed == weights and not any(given[name] for name in weights):
        raise StressIDError(
            f"{', '.join(f'--{name}' for name in weights)} are all 0; expected one above 0, or --method cross-entropy."
        )
    from stressid_keras.distillation import with_methods

    method = method or SPECIFIED_METHOD
    base = with_methods(method, base)  # which has its weights; those that are given go before
    return with_methods(method, changed(base, *weighed))


def sized_for_sample(config: RunConfig) -> RunConfig:
    """Few epochs: the sample shows the whole way in minutes on two cores, and its traces are easily learnt.

    Those of the body, that is: of the voice a student knows far less after ten than after thirty (docs/log.md).
    """
    return dataclasses.replace(
        config,
        teacher_training=dataclasses.replace(config.teacher_training, epochs=12),
        student_training=dataclasses.replace(config.student_training, epochs=30),
    )


def shrunk(config: RunConfig) -> RunConfig:
    """Tiny networks, two epochs, which take less time than a compilation would, and a short look at the results."""
    brief = {"epochs": 2, "run_eagerly": True}
    backbone = "statistics" if config.student.hears_speech else config.student.backbone  # in no time
    first_levels = {name: config.robustness.levels(name)[:1] for name in CORRUPTIONS}
    return dataclasses.replace(
        config,
        teacher=dataclasses.replace(
            config.teacher, video_filters=(4, 4), signal_filters=(4, 4), feature_size=8
        ),
        student=dataclasses.replace(config.student, backbone=backbone, filters=(4, 4), feature_size=8),
        teacher_training=dataclasses.replace(config.teacher_training, **brief),
        student_training=dataclasses.replace(config.student_training, **brief),
        robustness=config.robustness.with_levels(first_levels),
        inspection=dataclasses.replace(config.inspection, time_patches=5, band_patches=2, bands=4),
    )


def make_sample(arguments: argparse.Namespace, reporter: Reporter) -> Path:
    """The synthetic tree under data/, made if it is not there."""
    from stressid_keras.dataset.synthetic.tree import is_synthetic_tree, make_synthetic_tree

    config = SyntheticConfig(subjects=6, tasks=3, seconds=4.0) if arguments.smoke else SyntheticConfig()
    asked = {name: getattr(arguments, name) for name in SAMPLE_OPTIONS}
    config = dataclasses.replace(config, **{name: n for name, n in asked.items() if n is not None})
    name = "sample-smoke" if arguments.smoke else "sample"
    name += "".join(f"-{n:g}{name}" for name, n in asked.items() if n is not None)
    folder = ROOT / "data" / name
    with exclusive(folder.parent, f".{name}.lock"):  # of two recipes that begin together, one makes it
        if not is_synthetic_tree(folder, config):
            with reporter.stage("sample", config.subjects * config.tasks) as report:
                make_synthetic_tree(folder, config, lambda done, total: report(done), jobs=os.cpu_count())
    return folder


def track(arguments: argparse.Namespace, run: Run, metrics: dict, folder: Path) -> None:
    """Log an evaluation to MLflow, if asked to."""
    if not arguments.mlflow:
        return
    from stressid_keras.tracking import log_to_mlflow

    name = f"{data_title(run.context.data_dir)}, {metrics['protocol']['name']}"
    logged = log_to_mlflow(folder, metrics, run.config.to_dict(), arguments.mlflow, EXPERIMENT, name)
    print(f"\nmlflow: run {logged} in {arguments.mlflow}")


def show_results(run: Run, paths) -> None:
    """Print where the results are, relative to here if that is shorter, and whether anything had to be done."""
    if not run.context.reporter.made:
        print("\nEverything is up to date.")
    show_paths(paths)


def show_paths(paths) -> None:
    print()
    for path in paths:
        relative = os.path.relpath(path)
        print(f"  {relative if len(relative) < len(str(path)) else path}")


def read_configuration(path: Path) -> RunConfig:
    """The configuration of a file, such as a run's config.json or tuned.json.

    Raises:
        StressIDError: it cannot be read, is not JSON, or is no configuration.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_CONFIGURATION + 1)
    except OSError as error:
        raise StressIDError(
            f"{path} cannot be read ({error.strerror}); expected a configuration such as a run's config.json."
        ) from None
    if len(content) > LARGEST_CONFIGURATION:
        raise StressIDError(
            f"{path} is larger than {LARGEST_CONFIGURATION >> 20} MiB; expected a configuration such as config.json."
        )
    try:
        values = parse_json(content)
    except ValueError:
        raise StressIDError(
            f"{path} is not JSON; expected a configuration such as a run's config.json."
        ) from None
    try:
        return RunConfig.from_dict(values.get("config", values) if isinstance(values, dict) else values)
    except StressIDError as error:
        raise StressIDError(f"{path}: {error}") from None


__all__ = [
    "add_cluster_options",
    "add_fold_jobs",
    "add_folds",
    "add_tracking_option",
    "check_cluster_options",
    "main",
    "make_run",
    "number",
    "option_of",
    "parser",
    "show_results",
    "track",
]
