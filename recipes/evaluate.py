"""Score teacher, student and control on the test subjects, beside their floors.

python recipes/evaluate.py --data-dir PATH/TO/StressID                              # on one split
python recipes/evaluate.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2  # everybody tested, three times
python recipes/evaluate.py --data-dir PATH/TO/StressID --leave-one-out --jobs 2
"""

import common

from stressid_keras.evaluation import score_table
from stressid_keras.workflow import CrossValidation

FILES = ("report.html", "metrics.json", "predictions.csv")


def recipe():
    arguments = parser().parse_args()
    run = common.make_run(arguments)
    if arguments.folds is None and not arguments.leave_one_out:
        metrics, folder = run.evaluate(), run.output_dir
    else:
        folds = CrossValidation(run, arguments.folds, arguments.repeats, max(1, arguments.jobs))
        metrics, folder = folds.evaluate(), folds.folder
    print()
    print(score_table(metrics))
    common.show_results(run, [folder / name for name in FILES])


def parser():
    parser = common.parser(__doc__)
    folds = parser.add_mutually_exclusive_group()
    folds.add_argument(
        "--folds", type=int, metavar="K", help="cross-validate by subject in so many folds, --jobs at a time"
    )
    folds.add_argument("--leave-one-out", action="store_true", help="as many folds as subjects")
    parser.add_argument("--repeats", type=int, default=1, help="of all folds, each divided otherwise [1]")
    return parser


if __name__ == "__main__":
    common.main(recipe)
