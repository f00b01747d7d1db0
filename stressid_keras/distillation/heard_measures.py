"""Which measures of signals and face are worth regressing from audio."""

from typing import NamedTuple

import numpy as np

from stressid_keras.distillation.cross_fitting import parts_of_people

PARTS = 5  # of the people, each predicted from the others
PENALTIES = np.logspace(
    0, 6, 13
)  # of the ridge regression, on standardised features; the last leaves the mean
LEVEL = (
    0.05  # expected share of the measures taken for related to the label that are not (Benjamini-Hochberg)
)
VERSION = 1  # raised when the same rows give another choice


class Judged(NamedTuple):
    """Of each measure, (m,)."""

    explained: np.ndarray  # R² of the prediction from audio, of people whom it was not fitted on
    p_values: np.ndarray  # of the F-test between the classes

    @property
    def audible(self) -> np.ndarray:
        return self.explained > 0

    @property
    def needed(self) -> np.ndarray:
        from scipy.stats import false_discovery_control

        return false_discovery_control(self.p_values) <= LEVEL if len(self.p_values) else np.zeros(0, bool)

    @property
    def kept(self) -> np.ndarray:
        return self.audible & self.needed


def judged_measures(heard, measures, labels, people, seed: int) -> Judged:
    """Whether audio can predict a measure, and whether the label has to do with it: both have to be.

    After Z. Xue, Z. Gao, S. Ren, H. Zhao, "The Modality Focusing Hypothesis: Towards Understanding Crossmodal Knowledge
    Distillation", ICLR 2023, arXiv:2206.06487: distillation across modalities rests on what is decisive for the label
    and common to both. The first is asked of a ridge regression of people whom it was not fitted on, whose error has
    to be below that of the mean of the others, as it is by chance for about a tenth of what is noise; the second of a
    one-way analysis of variance.

    Args:
        heard: (n, d) features of the audio.
        measures: (n, m); NaN where one is missing, which is left out.
        labels: (n,) int.
        people: (n,) whom a row is of.

    Returns:
        of fewer than two people, or of one class, such that none is kept.
    """
    measures, labels, people = np.asarray(measures, np.float64), np.asarray(labels), np.asarray(people)
    if len(set(people)) < 2 or not measures.size:
        explained = np.zeros(measures.shape[1])
    else:
        numbers = parts_of_people(people, labels, PARTS, seed)
        explained = _explained(np.asarray(heard, np.float64), measures, numbers)
    return Judged(explained, np.array([_p_value(column, labels) for column in measures.T], np.float64))


def _explained(heard: np.ndarray, measures: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """R² by measure over all parts, beside the mean of the rows that a prediction is fitted on."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = np.isfinite(measures)
    errors, totals = np.zeros(measures.shape[1]), np.zeros(measures.shape[1])
    alike, places = np.unique(known, axis=1, return_inverse=True)  # measures that are missing together
    for place, rows in enumerate(alike.T):
        columns = np.flatnonzero(places.ravel() == place)
        for number in range(numbers.max() + 1):
            train, asked = rows & (numbers != number), rows & (numbers == number)
            if train.sum() < 2 or not asked.any():
                continue
            target, wanted = measures[np.ix_(train, columns)], measures[np.ix_(asked, columns)]
            model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES, alpha_per_target=True))
            found = model.fit(heard[train], target).predict(heard[asked]).reshape(wanted.shape)
            errors[columns] += np.square(wanted - found).sum(axis=0)
            totals[columns] += np.square(wanted - target.mean(axis=0)).sum(axis=0)
    return 1 - np.divide(errors, totals, out=np.ones_like(errors), where=totals > 0)


def _p_value(measure: np.ndarray, labels: np.ndarray) -> float:
    """Of the F-test that the classes have one mean; 1 where there is nothing to compare."""
    from scipy.stats import f_oneway

    known = np.isfinite(measure)
    groups = [measure[known & (labels == label)] for label in np.unique(labels[known])]
    groups = [group for group in groups if len(group) > 1]
    if len(groups) < 2:
        return 1.0
    if all(np.ptp(group) == 0 for group in groups):
        return 1.0 if np.ptp([group[0] for group in groups]) == 0 else 0.0
    found = float(f_oneway(*groups).pvalue)
    return found if np.isfinite(found) else 1.0  # of means so alike that rounding brings F below 0
