"""Export the student as a TFLite file that takes a waveform, checked against the Keras model.

python recipes/export_tflite.py --data-dir PATH/TO/StressID
"""

import common


def recipe():
    run = common.make_run(common.parser(__doc__).parse_args())
    path = run.export()
    summary = run.summary("export")
    print(
        f"{path.name}: {summary['bytes'] / 2**20:.1f} MiB, {summary['seconds']} s at {summary['sample_rate']} Hz; "
        f"probabilities within {summary['max_difference']:.1e} of the Keras student's "
        f"on {summary['windows']} test windows"
    )
    common.show_results(run, [path, path.with_name("export.json")])


if __name__ == "__main__":
    common.main(recipe)
