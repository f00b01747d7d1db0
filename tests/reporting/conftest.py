from ..scored_run import (  # noqa: F401  fixtures
    class_names,
    evidence,
    histories,
    manifest,
    predict,
    rewrite,
    run,
    split,
)
