from ..scored_run import class_names, manifest, predict, run, split  # noqa: F401  fixtures
