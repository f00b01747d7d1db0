"""Score teacher, student and control on held-out people, beside floors, probes and classical baselines.

python recipes/evaluate.py --data-dir PATH/TO/StressID                              # on one split
python recipes/evaluate.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2  # everybody tested, three times
python recipes/evaluate.py --data-dir PATH/TO/StressID --leave-one-out --jobs 2
python recipes/evaluate.py --data-dir PATH/TO/StressID --also-test OTHER/TREE            # audio alone suffices there
"""

from pathlib import Path

import common

from stressid_keras.config import Folds, Repeats
from stressid_keras.reporting.elsewhere import elsewhere_text
from stressid_keras.reporting.tables import score_table
from stressid_keras.workflow import CrossValidation

FILES = (
    "report.html",
    "model_card.md",
    "methods.md",
    "scores.tex",
    "figures",
    "metrics.json",
    "scores.csv",
    "subjects.csv",
    "predictions.csv",
)


def recipe():
    arguments = parser().parse_args()
    common.check_cluster_options(arguments)
    run = common.make_run(arguments, arguments.scheduler, arguments.also_test)
    if arguments.folds is None and not arguments.leave_one_out:
        metrics, folder = run.evaluate(thorough=True), run.output_dir
    else:
        folds = CrossValidation(
            run.context,
            arguments.folds,
            arguments.repeats,
            arguments.jobs,
            arguments.scheduler,
            audit=not arguments.no_audit,
        )
        metrics, folder = folds.evaluate(), folds.folder
    print(f"\n{score_table(metrics)}\n")
    if elsewhere := elsewhere_text(metrics):
        print(f"{elsewhere}\n")
    for sentence in metrics["findings"]:
        print(f"- {sentence}")
    common.track(arguments, run, metrics, folder)
    common.show_results(run, [folder / name for name in FILES])


def parser():
    parser = common.parser(__doc__)
    folds = parser.add_mutually_exclusive_group()
    folds.add_argument(
        "--folds",
        type=common.number(Folds),
        metavar="K",
        help="cross-validate by subject in so many folds, --jobs at a time",
    )
    folds.add_argument("--leave-one-out", action="store_true", help="as many folds as subjects")
    parser.add_argument(
        "--repeats",
        type=common.number(Repeats),
        default=1,
        help="of all folds, each divided otherwise [1]",
    )
    parser.add_argument(
        "--no-audit",
        action="store_true",
        help="with folds: do not train again on a random split to show what it would pretend",
    )
    parser.add_argument(
        "--also-test",
        type=Path,
        nargs="+",
        default=(),
        metavar="TREE",
        help="score the finished students and the audio baselines on other data, too: labels and sound files suffice",
    )
    common.add_fold_jobs(parser)
    common.add_cluster_options(parser)
    common.add_tracking_option(parser)
    return parser


if __name__ == "__main__":
    common.main(recipe)
