"""scikit-learn's classifiers on hand-crafted features; their settings are chosen on people not trained on."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from stressid_keras.analysis.baselines.features import GROUPS, group_columns
from stressid_keras.errors import StressIDError

TREES = 200  # of a forest; more change little
ITERATIONS = 5000  # of logistic regression, at most; it needs some hundreds
INNER_FOLDS = 4  # of the training rows by subject, where there is nobody to validate on
TEMPERATURES = (0.01, 100.0)  # between which that of a support vector machine's scores is sought


@dataclass(frozen=True)
class Classifier:
    """A kind of classifier, and the settings that are tried, from simple to complex."""

    build: Callable  # (setting, seed, training rows) → estimator
    settings: tuple


@dataclass(frozen=True)
class Baseline:
    """A classifier on the features of a group of `GROUPS`."""

    group: str
    classifier: Classifier


CLASSIFIERS = {
    "logistic_regression": Classifier(
        lambda strength, seed, rows: LogisticRegression(
            C=strength, class_weight="balanced", max_iter=ITERATIONS
        ),
        (0.001, 0.01, 0.1, 1.0),  # inverse strength of the penalty
    ),
    "svm": Classifier(
        # Ties broken: the class of the greatest score is then the class that it votes for.
        lambda strength, seed, rows: SVC(C=strength, class_weight="balanced", break_ties=True),
        (0.1, 1.0, 10.0),  # inverse strength of the penalty
    ),
    "random_forest": Classifier(
        lambda depth, seed, rows: RandomForestClassifier(
            TREES, max_depth=depth, class_weight="balanced", random_state=seed
        ),
        (3, 6, None),  # depth of a tree
    ),
    "knn": Classifier(
        lambda neighbours, seed, rows: KNeighborsClassifier(min(neighbours, rows)),
        (25, 15, 5),  # neighbours; the more, the smoother
    ),
}
# Of a speech encoder's thousand numbers, which are nearly linear in the classes, one kind says what there is to say.
KINDS = {group: tuple(CLASSIFIERS) for group in GROUPS} | {"speech": ("logistic_regression",)}
BASELINES = {
    f"{group}_{key}": Baseline(group, CLASSIFIERS[key]) for group, kinds in KINDS.items() for key in kinds
}


def baseline_probabilities(
    features: pd.DataFrame,
    rows: Mapping[str, np.ndarray],
    labels: np.ndarray,
    n_classes: int,
    seed: int,
    subjects: np.ndarray | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """Train every baseline on the training rows and apply it to all parts.

    Missing features are replaced by the training rows' median, all are scaled to their mean and variance. Of a
    classifier's settings, that with the best balanced accuracy on the validation rows is used, the simplest of equals;
    without validation rows, that with the best one on the training rows, each scored by a classifier that was trained
    on other subjects. Classes are weighted by their inverse frequency, except by nearest neighbours. The scores of the
    support vector machine become probabilities by a softmax whose temperature suits the same rows (Guo et al. 2017,
    arXiv:1706.04599), which leaves the machine's own decision as it is.

    Args:
        features: (n rows) of `baseline_features`.
        rows: "train" and perhaps more parts → positions in `features`; a part may have none.
        labels: (n,) integers in [0, n_classes).
        seed: of the forests.
        subjects: (n,) who is heard and measured; needed where there are no validation rows.

    Returns:
        Key of `BASELINES` → part → (rows of the part, n_classes) float64. A class that the training rows lack has
        probability 0. Baselines of a group that `features` lacks are left out; where no training row has a value, a
        baseline gives the shares of the classes.

    Raises:
        StressIDError: no training rows, rows, labels or subjects that do not fit, a label outside [0, n_classes).
    """
    labels = np.asarray(labels)
    rows = {part: np.asarray(positions, dtype=np.int64) for part, positions in rows.items()}
    if subjects is not None:
        subjects = np.asarray(subjects)
    _check(features, rows, labels, n_classes, subjects)
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    train, trials = rows["train"], _trials(rows, subjects)
    probabilities = {}
    with threadpool_limits(1), warnings.catch_warnings():  # folds run side by side, with the same result
        # a setting that is worse for it loses where settings are compared
        warnings.simplefilter("ignore", ConvergenceWarning)
        for key, baseline in BASELINES.items():
            table = features[group_columns(features, baseline.group)].to_numpy(np.float64)
            if not table.shape[1]:
                continue
            setting, temperature = _chosen(baseline.classifier, table, labels, trials, seed)
            model = Trained(baseline.classifier, setting, table[train], labels[train], seed)
            probabilities[key] = {
                part: model.probabilities(table[positions], n_classes, temperature)
                for part, positions in rows.items()
            }
    return probabilities


class Trained:
    """A classifier of one setting, on the features that any of its rows has; without one, or with one class, a prior.

    Args:
        values: (n, features), NaN where missing.
        targets: (n,) integers.
    """

    def __init__(self, classifier: Classifier, setting, values: np.ndarray, targets: np.ndarray, seed: int):
        self.known = ~np.isnan(values).all(axis=0)
        self.learnable = self.known.any() and len(np.unique(targets)) > 1
        estimator = DummyClassifier(strategy="prior")
        if self.learnable:
            estimator = classifier.build(setting, seed, len(values))
        self.model = _pipeline(estimator).fit(self._seen(values), targets)
        self.classes = self.model.classes_

    def probabilities(self, values: np.ndarray, n_classes: int, temperature: float = 1.0) -> np.ndarray:
        """(n, n_classes); the temperature matters only to a model without probabilities."""
        found = np.zeros((len(values), n_classes))
        if len(values):
            scores = self.scores(values)
            found[:, self.classes] = softmax(scores / temperature, axis=1) if self.is_scored else scores
        return found

    @property
    def is_scored(self) -> bool:
        """Whether it has scores, whose scale says nothing, instead of probabilities."""
        return not hasattr(self.model, "predict_proba")

    def scores(self, values: np.ndarray) -> np.ndarray:
        """(n, classes of the model), or probabilities where it has them: the greatest is that of its decision."""
        if not self.is_scored:
            return self.model.predict_proba(self._seen(values))
        scores = self.model.decision_function(self._seen(values))
        return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores

    def _seen(self, values: np.ndarray) -> np.ndarray:
        return values[:, self.known] if self.learnable else np.zeros((len(values), 1))


def _trials(rows: dict[str, np.ndarray], subjects: np.ndarray | None) -> list[tuple]:
    """Rows to train on and rows to score on, by which settings are compared; none if there is one subject alone."""
    train, val = rows["train"], rows.get("val", ())
    if len(val):
        return [(train, val)]
    people = len(np.unique(subjects[train]))
    if people < 2:
        return []
    folds = GroupKFold(min(INNER_FOLDS, people)).split(train, groups=subjects[train])
    return [(train[inner], train[outer]) for inner, outer in folds]


def _chosen(classifier: Classifier, table: np.ndarray, labels: np.ndarray, trials: list, seed: int) -> tuple:
    """The setting that does best on the rows to score on, the simplest of equals, and the temperature that suits it."""
    best, best_accuracy = None, -np.inf
    targets = [labels[rows] for _, rows in trials]
    for setting in classifier.settings if trials else ():
        models = [Trained(classifier, setting, table[train], labels[train], seed) for train, _ in trials]
        scores = [model.scores(table[rows]) for model, (_, rows) in zip(models, trials, strict=True)]
        predicted = [model.classes[found.argmax(axis=1)] for model, found in zip(models, scores, strict=True)]
        accuracy = _balanced_accuracy(np.concatenate(targets), np.concatenate(predicted))
        if accuracy > best_accuracy:
            best, best_accuracy = (setting, models, scores), accuracy
    if best is None:
        return classifier.settings[0], 1.0
    setting, models, scores = best
    judged = [
        (found, model.classes, target)
        for found, model, target in zip(scores, models, targets, strict=True)
        if model.is_scored
    ]
    return setting, _temperature(judged)


def _pipeline(estimator) -> Pipeline:
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), estimator)


def _balanced_accuracy(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Mean recall of the classes that there are."""
    return recall_score(targets, predicted, labels=np.unique(targets), average="macro", zero_division=0)


def _temperature(judged: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """The one with the least cross-entropy; 1 without scores, or if no row is of a class that its model knows.

    Args:
        judged: of each model its scores (n, classes), its classes, and the true classes (n,).
    """
    known = []
    for scores, classes, targets in judged:
        kept = np.isin(targets, classes)
        known.append((scores[kept], np.searchsorted(classes, targets[kept])))
    if not sum(len(scores) for scores, _ in known):
        return 1.0

    def cross_entropy(log_temperature):
        return -np.concatenate(
            [
                log_softmax(scores / np.exp(log_temperature), axis=1)[np.arange(len(scores)), chosen]
                for scores, chosen in known
                if len(scores)
            ]
        ).mean()

    return float(np.exp(minimize_scalar(cross_entropy, bounds=np.log(TEMPERATURES), method="bounded").x))


def _check(
    features: pd.DataFrame,
    rows: dict[str, np.ndarray],
    labels: np.ndarray,
    n_classes: int,
    subjects: np.ndarray | None,
) -> None:
    if not len(rows.get("train", ())):
        raise StressIDError("the part 'train' has no rows; expected at least one to train on.")
    if not len(rows.get("val", ())) and subjects is None:
        raise StressIDError("the part 'val' has no rows; expected some, or the subjects of all rows.")
    for name, values in (("labels", labels), ("subjects", subjects)):
        if values is not None and values.shape != (len(features),):
            raise StressIDError(
                f"{name} have shape {values.shape} and features {len(features)} rows; expected one for each."
            )
    for part, positions in rows.items():
        if len(positions) and not 0 <= positions.min() <= positions.max() < len(features):
            raise StressIDError(
                f"the part {part!r} has positions from {positions.min()} to {positions.max()}; expected positions in "
                f"the {len(features)} rows of the features."
            )
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        raise StressIDError(f"a label is {outside[0]}; expected integers from 0 to {n_classes - 1}.")
