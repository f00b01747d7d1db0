"""How `--dist loadfile` divides the tests: the longest first, and files with a costly fixture in common together."""

import pytest

# Begun last, a file of minutes would be run by one worker while the others have nothing left.
LONGEST = (
    "tests/recipes/",
    "tests/workflow/",
    "tests/web/",
    "tests/export/",
    "tests/distillation/",
    "tests/studies/",
    "tests/training/",
    "tests/docs/",
    "tests/preprocessing/",
    "tests/tracking/",
)
# Users of `finished_folds`: two workers would each train and analyse six folds.
TOGETHER = dict.fromkeys(
    (f"tests/workflow/test_{name}.py" for name in ("ablation", "comparison", "cross_validation")),
    "finished folds",
)


def longest_first(items: list) -> None:
    """Sort collected tests in place."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONGEST])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return TOGETHER.get(file, file)

    return Scheduling(config, log)
