"""What a run tells its caller."""

import contextlib
from pathlib import Path


class Reporter:
    """Keeps silent; override what is to be shown."""

    def reused(self, stage: str, files: list[Path]) -> None:
        """The outputs of a stage are current and are used as they are."""

    def started(self, stage: str, total: int) -> None:
        """A stage begins; `total` steps are expected."""

    def progress(self, stage: str, done: int, values: dict) -> None:
        """A stage has done `done` steps; `values` are worth showing."""

    def finished(self, stage: str) -> None:
        """A stage has ended, done or failed."""

    def say(self, sentence: str) -> None:
        """Something worth knowing before a stage goes on."""

    def warn(self, sentence: str) -> None:
        """Something the user should know and the run survives."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int):
        """Around the work of a stage; gives a function to call with the steps done and values worth showing."""
        self.started(name, total)
        try:
            yield lambda done, values=None: self.progress(name, done, values or {})
        finally:
            self.finished(name)

    @contextlib.contextmanager
    def stage_if_any(self, name: str):
        """Around work that there may be none of; gives a function to call with the steps done and all: the first call
        begins the stage, and the last step ends it."""
        with contextlib.ExitStack() as stack:
            report = None

            def progress(done: int, total: int) -> None:
                nonlocal report
                if report is None:
                    report = stack.enter_context(self.stage(name, total))
                report(done)
                if done == total:
                    stack.close()

            yield progress
