"""Everything that a report is made from, gathered from one split or from many folds."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stressid_keras.media.mel import MelAxes


@dataclass(frozen=True)
class LookedAt:
    """One window of the test part, and what drives the students in it."""

    title: str  # never a subject's name
    picture: np.ndarray  # (T, bands) in [0, 1] of what these students hear
    axes: MelAxes  # of the picture
    maps: dict[str, np.ndarray]  # model → (time patches, band patches)


@dataclass(frozen=True)
class Evidence:
    """What the scores were made from and what else there is to show of the models.

    Attributes:
        metrics: the content of `metrics.json`.
        predictions: a predictions table of networks and baselines.
        splits: the content of `split.json`, of each fold with `repeat` and `fold`.
        histories: model → the epochs of each fold, as `History` wrote them.
        best_epochs: model → of each fold the epoch (from 1) whose network was kept.
        config, versions, class_names, data_name: how it was made.
        network_sizes: model → the number of its weights.
        features: model → (n, d) of people not trained on, all by one network.
        feature_rows: the manifest's rows that `features` belong to.
        bands: model → (n, bands) loss of probability when a band of frequencies is hidden.
        band_axes: model → the mel bands that it hears, which those of `bands` divide.
        band_subjects: (n,) who was heard.
        corruption_names: of the curves in `metrics["robustness"]`: what it is called, the unit of its level.
        looked_at: some windows and their occlusion maps.
    """

    metrics: dict
    predictions: pd.DataFrame
    splits: list[dict]
    histories: dict[str, list[pd.DataFrame]]
    best_epochs: dict[str, list[int]]
    config: dict
    versions: dict[str, str]
    class_names: tuple[str, ...]
    data_name: str
    network_sizes: dict[str, int] = field(default_factory=dict)
    features: dict[str, np.ndarray] = field(default_factory=dict)
    feature_rows: pd.DataFrame | None = None
    bands: dict[str, np.ndarray] = field(default_factory=dict)
    band_axes: dict[str, MelAxes] = field(default_factory=dict)
    band_subjects: np.ndarray | None = None
    corruption_names: dict[str, tuple[str, str]] = field(default_factory=dict)
    looked_at: list[LookedAt] = field(default_factory=list)

    @property
    def has_folds(self) -> bool:
        return "fold" in self.predictions
