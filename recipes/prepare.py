"""Prepare a StressID tree: log-mel spectrograms, Gramian angular fields and video frames of every window.

python recipes/prepare.py --data-dir PATH/TO/StressID
"""

import common


def recipe():
    run = common.make_run(common.parser(__doc__).parse_args())
    store = run.store
    manifest = store.manifest[store.complete]
    print(
        f"{len(manifest)} complete windows of {manifest['recording'].nunique()} recordings and "
        f"{manifest['subject'].nunique()} subjects, {store.nbytes / 2**20:.0f} MiB; "
        f"{len(store.failures)} failures"
    )
    common.show_results(run, [store.path / "manifest.csv", store.path / "failures.csv"])


if __name__ == "__main__":
    common.main(recipe)
