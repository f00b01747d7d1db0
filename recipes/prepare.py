"""Prepare a StressID tree: log-mel spectrograms, Gramian angular fields and video frames of every window.

python recipes/prepare.py --data-dir PATH/TO/StressID
python recipes/prepare.py --data-dir PATH/TO/StressID --backend dask --scheduler tcp://head-node:8786
"""

import common

from stressid_keras.store.png import export_png
from stressid_keras.store.summary import quality_table


def recipe():
    arguments = parser().parse_args()
    common.check_cluster_options(arguments)
    run = common.make_run(arguments, arguments.scheduler)
    store = run.store
    print(f"\n{quality_table(store)}\n")
    manifest = store.manifest[store.complete]
    print(
        f"{len(manifest)} complete windows of {manifest['recording'].nunique()} recordings and "
        f"{manifest['subject'].nunique()} subjects, {store.nbytes / 2**20:.0f} MiB; "
        f"{len(store.failures)} failures"
    )
    files = [store.path / "manifest.csv", store.path / "failures.csv"]
    if arguments.png:
        with run.context.reporter.stage("png", len(store)) as report:
            files.append(export_png(store, report))
    common.show_results(run, files)


def parser():
    parser = common.parser(__doc__)
    common.add_cluster_options(parser)
    parser.add_argument("--png", action="store_true", help="also write the windows as images, for looking")
    return parser


if __name__ == "__main__":
    common.main(recipe)
