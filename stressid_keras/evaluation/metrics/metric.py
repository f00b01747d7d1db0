"""What a metric of a model is: its number, its names, what is said of it; and the registry of all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from stressid_keras.system.registry import Registry

MAIN = "macro_f1"  # with its interval in every table, and what models are compared by first
CLASS = "<class>"
METRICS = Registry("metric")


@dataclass(frozen=True)
class Answers:
    """What one model said of some windows, or of recordings.

    Attributes:
        labels: (n,) integers in [0, k).
        probabilities: (n, k).
        tasks: (n,) names; None where they are not known.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    tasks: np.ndarray | None = None

    @property
    def predicted(self) -> np.ndarray:
        """(n,) the most probable class, of a tie the lower."""
        return self.probabilities.argmax(axis=1)

    @property
    def classes(self) -> list[int]:
        return list(range(self.probabilities.shape[1]))

    @property
    def counts(self) -> np.ndarray:
        """(k, k) windows: rows true, columns predicted."""
        return confusion_matrix(self.labels, self.predicted, labels=self.classes)


@dataclass(frozen=True)
class Metric:
    """A number that says how good a model is. `METRICS.register` registers it; then every list of metrics holds it.

    A *counted* metric depends on the confusion matrix alone. It is scored for recordings, groups of people and audits
    too, stands in the score table, and can have an interval. Any other stands in the table of further scores.

    Attributes:
        name: in `metrics.json` and `scores.csv`; one number per class has `<class>` in its name.
        title: in tables.
        place: in lists, ascending.
        meaning: for the documents, a phrase.
        of: `Answers` → number, or None where it is not defined; per class → (k,), NaN where it is not. A counted metric
            can do without.
        of_counts: confusion matrices (..., k, k) → (...,), of a counted metric.
        needs_tasks: `of` reads the tasks; floors and recordings have no such score.
        compared: with an interval over subjects, and in the comparison of models; for counted metrics.
        on_card: in the model card's table, where counted metrics always are.
        better: "higher" or "lower".
        decimals: in tables.
        range, nullable: of the number, for the documents.
        paper: that defines it, briefly.
        reading: a clause for the reader of the report's further scores.
        of_floors: for the documents, what to know of this score of a floor.
    """

    name: str
    title: str
    place: float
    meaning: str
    of: Callable[[Answers], float | np.ndarray | None] | None = None
    of_counts: Callable[[np.ndarray], np.ndarray] | None = None
    needs_tasks: bool = False
    compared: bool = False
    on_card: bool = False
    better: str = "higher"
    decimals: int = 3
    range: str = "0 to 1"
    nullable: bool = False
    paper: str = ""
    reading: str = ""
    of_floors: str = ""

    @property
    def is_counted(self) -> bool:
        return self.of_counts is not None

    @property
    def is_per_class(self) -> bool:
        return CLASS in self.name

    def names(self, class_names: Sequence[str]) -> list[str]:
        """Keys in `metrics.json`: one, or one per class."""
        return [self.name.replace(CLASS, name) for name in class_names] if self.is_per_class else [self.name]

    def score(self, answers: Answers) -> float | np.ndarray | None:
        return float(self.of_counts(answers.counts)) if self.of is None else self.of(answers)


def counted_metrics() -> dict[str, Metric]:
    return {metric.name: metric for metric in METRICS.ordered() if metric.is_counted}


def compared_metrics() -> dict[str, Metric]:
    """Metrics with intervals and comparisons, the main one first."""
    found = [metric for metric in METRICS.ordered() if metric.compared]
    return {metric.name: metric for metric in sorted(found, key=lambda metric: metric.name != MAIN)}


def floor_metrics() -> dict[str, Metric]:
    """Metrics of any answers, those of floors included: one number each, no tasks needed."""
    return {
        metric.name: metric for metric in METRICS.ordered() if not (metric.is_per_class or metric.needs_tasks)
    }


def per_class_metrics() -> dict[str, Metric]:
    return {metric.name: metric for metric in METRICS.ordered() if metric.is_per_class}
