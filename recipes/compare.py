"""Which way to distil is best: a student for every method, on the same folds, against cross-entropy alone.

python recipes/compare.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2
python recipes/compare.py --methods mars mers projection+standardised+mars logits --folds 5 --repeats 3 --jobs 2

Teachers and controls are those of `evaluate.py` with the same folds and output folder. A method is a name or a sum of
names, see `stressid_keras/distillation/methods`; alpha to delta weigh the features of those that use them.
"""

import common

from stressid_keras.studies.comparison import COMPARED_METHODS, Comparison
from stressid_keras.studies.comparison_scores import comparison_table
from stressid_keras.workflow import CrossValidation


def recipe():
    arguments = parser().parse_args()
    common.check_cluster_options(arguments)
    run = common.make_run(arguments, arguments.scheduler)
    folds = CrossValidation(
        run.context, arguments.folds, arguments.repeats, arguments.jobs, arguments.scheduler
    )
    comparison = Comparison(folds, arguments.methods)
    print(f"\n{comparison_table(comparison.evaluate())}")
    common.show_results(run, [comparison.folder / name for name in ("comparison.html", "comparison.csv")])


def parser():
    parser = common.parser(__doc__)
    parser.add_argument(
        "--methods",
        nargs="*",
        default=COMPARED_METHODS,
        metavar="METHOD",
        help=f"one or several, each a name or names joined by + [{' '.join(COMPARED_METHODS)}]",
    )
    common.add_folds(parser)
    common.add_fold_jobs(parser)
    common.add_cluster_options(parser)
    return parser


if __name__ == "__main__":
    common.main(recipe)
