"""Train the teacher on video, ECG, EDA and respiration.

python recipes/train_teacher.py --data-dir PATH/TO/StressID
"""

import common


def recipe():
    run = common.make_run(common.parser(__doc__).parse_args())
    path = run.teacher()
    summary = run.summary("teacher")
    print(
        f"teacher: epoch kept {summary['best_epoch']} of {summary['epochs']}, "
        f"unweighted average recall {summary['val_uar']:.3f} on the validation subjects"
    )
    common.show_results(run, [path, path.with_name("history_teacher.csv")])


if __name__ == "__main__":
    common.main(recipe)
