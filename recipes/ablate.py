"""Which modalities are worth imitating: students of all subsets of α to δ, on the same folds.

python recipes/ablate.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2

Teachers, controls and full students are those of `evaluate.py` with the same folds and output folder.
"""

import common

from stressid_keras.config import SPECIFIED_METHOD
from stressid_keras.studies.ablation import Ablation
from stressid_keras.studies.ablation_scores import ablation_table
from stressid_keras.workflow import CrossValidation


def recipe():
    arguments = parser().parse_args()
    common.check_cluster_options(arguments)
    if arguments.method is None and not arguments.config:
        arguments.method = SPECIFIED_METHOD  # the one whose terms can be left out
    run = common.make_run(arguments, arguments.scheduler)
    folds = CrossValidation(
        run.context, arguments.folds, arguments.repeats, arguments.jobs, arguments.scheduler
    )
    ablation = Ablation(folds)
    print(f"\n{ablation_table(ablation.evaluate())}")
    common.show_results(run, [ablation.folder / name for name in ("ablation.html", "ablation.csv")])


def parser():
    parser = common.parser(__doc__)
    common.add_folds(parser)
    common.add_fold_jobs(parser)
    common.add_cluster_options(parser)
    return parser


if __name__ == "__main__":
    common.main(recipe)
