"""Search with keras-tuner for what a student or teacher learns best with, on folds of people; then test the winner.

python recipes/tune.py --trials 20 --folds 4 --jobs 2 --data-dir PATH/TO/StressID
python recipes/distill.py --config saved_models/StressID/tuned.json --data-dir PATH/TO/StressID
python recipes/tune.py --what teacher --search learning_rate backbone measures --data-dir PATH/TO/StressID
"""

import common

from stressid_keras.config import Folds, Repeats, Trials


def recipe():
    parser = common.parser(__doc__)
    parser.add_argument(
        "--what", choices=("student", "teacher"), default="student", help="is searched for [student]"
    )
    parser.add_argument(
        "--trials", type=common.number(Trials), default=20, help="settings to try, at most [20]"
    )
    parser.add_argument(
        "--tuner", choices=("bayesian", "random", "hyperband"), default="bayesian", help="[bayesian]"
    )
    parser.add_argument("--folds", type=common.number(Folds), default=4, help="by subject [4]")
    parser.add_argument(
        "--repeats", type=common.number(Repeats), default=1, help="of the folds, other seeds each [1]"
    )
    parser.add_argument(
        "--search",
        nargs="+",
        metavar="NAME",
        default=(),
        help="dimensions; an unknown one lists those there are",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        metavar="METHOD",
        default=(),
        help="ways to distil to choose from",
    )
    common.add_fold_jobs(parser)
    common.add_cluster_options(parser)
    arguments = parser.parse_args()
    common.check_cluster_options(arguments)
    run = common.make_run(arguments, arguments.scheduler)

    from stressid_keras.studies.tuning import Search, SearchOptions, result_table, tune

    trials, folds = (min(arguments.trials, 2), 3) if arguments.smoke else (arguments.trials, arguments.folds)
    options = SearchOptions(
        network=arguments.what,
        trials=trials,
        tuner=arguments.tuner,
        folds=folds,
        repeats=arguments.repeats,
        names=tuple(arguments.search),
        methods=tuple(arguments.methods),
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
    )
    search = Search(run.context, options)
    search.check()  # with bars of its own
    with run.context.reporter.stage("tune", trials) as report:
        found = tune(search, report)
    print(f"\n{result_table(found)}")
    common.show_results(run, [run.output_dir / name for name in ("tuned.json", "tuning.html")])


if __name__ == "__main__":
    common.main(recipe)
