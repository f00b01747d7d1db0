"""Export a student as files that take a waveform, each checked against the Keras model on held-out people.

python recipes/export_tflite.py --data-dir PATH/TO/StressID                     # the run's student, trained if need be
python recipes/export_tflite.py --data-dir PATH/TO/StressID --student saved_models/StressID/student.keras --seconds 5
"""

from pathlib import Path

import common

from stressid_keras.config import EXPORT_VARIANTS, ExportOptions
from stressid_keras.errors import StressIDError
from stressid_keras.workflow.exporting.export_plan import export_name

KIB = 1024


def recipe():
    parser = common.parser(__doc__)
    add = parser.add_argument
    defaults = ExportOptions()
    add(
        "--student",
        type=Path,
        metavar="PATH.keras",
        help="a trained student beside its run's config.json and split.json; the files go there [the run's]",
    )
    add(
        "--seconds",
        type=common.option_of(ExportOptions, "seconds"),
        default=defaults.seconds,
        help=f"window of the files, where training windows are longer [{defaults.seconds:g}]",
    )
    add(
        "--calibration",
        metavar="PREPARED",
        default="",
        help="prepared folder, of the same tree, whose windows set the int8 ranges [the training people's]",
    )
    add(
        "--variants",
        nargs="+",
        metavar="NAME",
        default=EXPORT_VARIANTS,
        help=f"some of {' '.join(EXPORT_VARIANTS)} [all]",
    )
    arguments = parser.parse_args()
    options = ExportOptions(arguments.seconds, arguments.calibration, tuple(arguments.variants))
    if arguments.student:
        use_run_of(arguments)
    arguments.seconds = None  # of a recording, where the sample is made
    run = common.make_run(arguments)
    files = run.export(options, arguments.student)
    name = export_name(arguments.student or Path("student.keras"))
    show(run.summary(name))
    common.show_results(run, [*files.values(), run.output_dir / f"{name}.json"])


def use_run_of(arguments) -> None:
    """Take configuration and folder from where the student lies.

    Raises:
        StressIDError: a file that belongs beside it is missing, or another configuration is asked for.
    """
    student = arguments.student
    folder = student.parent
    for option in ("config", "seed"):
        if getattr(arguments, option) is not None:
            raise StressIDError(
                f"--{option} belongs to a training, and {student} is trained; expected --student without it: "
                "the config.json beside it counts."
            )
    for path in (student, folder / "config.json", folder / "split.json"):
        if not path.is_file():
            raise StressIDError(
                f"{path} is missing; expected the student.keras of a run with the config.json and split.json that "
                "recipes/distill.py leaves beside it."
            )
    arguments.config = folder / "config.json"
    arguments.output_dir = arguments.output_dir or folder


def show(summary: dict) -> None:
    """A line for each file, and what the shorter window costs."""
    parts = " and ".join(f"{count} of {part}" for part, count in summary["windows"].items())
    longest = "" if summary["seconds"] < summary["training_seconds"] else ", no training window is longer"
    print(
        f"\nwindows of {summary['seconds']:g} s at {summary['sample_rate']} Hz{longest}; compared on {parts}:"
    )
    for variant, found in summary["variants"].items():
        cosine = found.get("feature_cosine")
        print(
            f"  {found['file']:26} {found['bytes'] / KIB:7.1f} KiB  {found['latency_ms']:6.1f} ms  "
            f"probabilities within {found['max_probability_difference']:.1e}, "
            f"{found['top1_agreement']:.1%} same class"
            + (f", feature cosine ≥ {cosine['smallest']:.4f}" if cosine else "")
            + (f"  ({summary['int8']['scheme']})" if variant == "int8" else "")
        )
    for name, scores in summary["accuracy"].items():
        interval = scores["macro_f1_interval"]
        between = "({:.3f} to {:.3f})".format(*interval) if interval else "(one person: no interval)"
        print(f"  macro F1, {name.replace('_', ' ')}: {scores['macro_f1']:.3f} {between}")


if __name__ == "__main__":
    common.main(recipe)
