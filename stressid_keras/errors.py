"""Errors a user can act on: one sentence saying where, what was expected and what was found."""


class StressIDError(ValueError):
    """Base class of every error that this package raises on purpose."""


class DatasetError(StressIDError):
    """The input tree as a whole cannot be used (missing, empty, no labels, too few subjects)."""


class RecordingError(StressIDError):
    """One recording cannot be used; it is listed in `failures.csv` and the run goes on."""


class StaleError(StressIDError):
    """A stored file was made from other inputs or another configuration than the ones at hand."""


class ExportError(StressIDError):
    """A model cannot be exported, its export does not compute the same, or it is asked for what it cannot do."""
