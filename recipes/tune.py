"""Search for the student's learning rate, dropout, width and the weights of its method on the validation subjects.

python recipes/tune.py --trials 20 --data-dir PATH/TO/StressID
python recipes/distill.py --config saved_models/StressID/tuned.json --data-dir PATH/TO/StressID
"""

import common

from stressid_keras.config import Trials
from stressid_keras.provenance import write_json


def recipe():
    parser = common.parser(__doc__)
    parser.add_argument("--trials", type=common.number(Trials), default=20, help="settings to try")
    parser.add_argument("--tuner", choices=("bayesian", "random"), default="bayesian")
    arguments = parser.parse_args()
    run = common.make_run(arguments)
    trials = min(arguments.trials, 2) if arguments.smoke else arguments.trials

    from stressid_keras.studies.tuning import search

    with run.context.writing():
        with run.context.reporter.stage("tune", trials) as report:
            best, results = search(run.context, trials, arguments.tuner, report)
        write_json(run.output_dir / "tuned.json", {"config": best.to_dict(), "trials": results})
    print(f"best of {len(results)} trials: {_sentence(results[0])}")
    common.show_results(run, [run.output_dir / "tuned.json"])


def _sentence(trial):
    values = ", ".join(f"{name} {value:.3g}" for name, value in trial.items() if name != "score")
    return f"unweighted average recall {trial['score']:.3f} on the validation subjects with {values}"


if __name__ == "__main__":
    common.main(recipe)
