"""Score teacher, student and control on the test subjects, beside their floors.

python recipes/evaluate.py --data-dir PATH/TO/StressID
"""

import common

from stressid_keras.evaluation import score_table


def recipe():
    run = common.make_run(common.parser(__doc__).parse_args())
    metrics = run.evaluate()
    print()
    print(score_table(metrics))
    common.show_results(
        run, [run.output_dir / name for name in ("report.html", "metrics.json", "predictions.csv")]
    )


if __name__ == "__main__":
    common.main(recipe)
