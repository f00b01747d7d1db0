"""What is known of the trials of a search, and what their scores are worth beside one another."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stressid_keras.config import RunConfig

DEFAULT = "default"  # in the place of a trial's number: the configuration as it was


@dataclass(eq=False)
class TrialScores:
    """What is known of a trial.

    Attributes:
        number: the oracle's, or `DEFAULT`.
        values: of the hyperparameters.
        config: the configuration with them; None where it makes no sense.
        folds: how many a whole trial is scored on.
        epochs: of each training, where these are fewer than the configuration's; 0: all of them.
        scores: of the folds that are done, by their place.
        failed: why it has no score; empty where it has one.
        killed: how often a process that trained it was killed.
    """

    number: str
    values: dict
    config: RunConfig | None
    folds: int
    epochs: int = 0
    scores: dict[int, float] = field(default_factory=dict)
    failed: str = ""
    killed: int = 0

    @property
    def is_whole(self) -> bool:
        return not self.failed and len(self.scores) == self.folds

    @property
    def is_pruned(self) -> bool:
        """Once it has ended: whether it was given up after its first folds."""
        return not self.failed and not self.is_whole

    @property
    def score(self) -> float | None:
        """The mean of all folds; None unless it was scored on all of them."""
        return float(np.mean(list(self.scores.values()))) if self.is_whole else None

    def on(self, places: Sequence[int]) -> float | None:
        """Its mean score on some folds, if it has been scored on all of them."""
        if self.failed or not set(places) <= set(self.scores):
            return None
        return float(np.mean([self.scores[place] for place in places]))

    def beside(self, default: "TrialScores") -> float | None:
        """Its score as if on all folds: the default's plus the mean difference from it on the folds that are done.

        Of a whole trial its score. Folds differ in how hard their people are: the mean of a trial that was given up
        after easy ones would be no measure of its values.
        """
        if self.failed or not self.scores:
            return None
        return default.score + float(
            np.mean([score - default.scores[place] for place, score in self.scores.items()])
        )
