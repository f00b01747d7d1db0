"""The main job: prepare, train the teacher, distil the student, score both on held-out people, export.

python recipes/distill.py                                   # on a synthetic sample
python recipes/distill.py --data-dir PATH/TO/StressID
"""

import common

from stressid_keras.reporting.tables import score_table


def recipe():
    parser = common.parser(__doc__)
    common.add_tracking_option(parser)
    arguments = parser.parse_args()
    run = common.make_run(arguments)
    metrics = run.evaluate()
    files = [run.output_dir / "report.html", run.output_dir / "student.keras"]
    try:
        if run.export_obstacle:
            run.context.reporter.warn(run.export_obstacle)
        else:
            files += run.export().values()
    finally:  # scores do not depend on the export
        print()
        print(score_table(metrics))
    common.track(arguments, run, metrics, run.output_dir)
    common.show_results(run, files)


if __name__ == "__main__":
    common.main(recipe)
