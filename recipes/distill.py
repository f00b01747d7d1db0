"""The main job: prepare, train the teacher, distil the student, score both on unseen people, export.

python recipes/distill.py                                   # on a synthetic sample
python recipes/distill.py --data-dir PATH/TO/StressID
"""

import common

from stressid_keras.evaluation import score_table


def recipe():
    run = common.make_run(common.parser(__doc__).parse_args())
    metrics = run.evaluate()
    files = [run.output_dir / "report.html", run.output_dir / "student.keras"]
    try:
        if run.can_export:
            files.append(run.export())
        else:
            run.data.reporter.warn(
                "the audio came as images, so there is no front end to export with the student."
            )
    finally:  # scores do not depend on the export
        print()
        print(score_table(metrics))
    common.show_results(run, files)


if __name__ == "__main__":
    common.main(recipe)
