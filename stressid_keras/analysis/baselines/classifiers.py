"""scikit-learn's classifiers on hand-crafted features; their settings are chosen on the validation rows."""

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
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from stressid_keras.analysis.baselines.features import GROUPS, group_columns
from stressid_keras.errors import StressIDError

TREES = 200  # of a forest; more change little
ITERATIONS = 5000  # of logistic regression, at most; it needs some hundreds
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
    features: pd.DataFrame, rows: Mapping[str, np.ndarray], labels: np.ndarray, n_classes: int, seed: int
) -> dict[str, dict[str, np.ndarray]]:
    """Train every baseline on the training rows and apply it to all parts.

    Missing features are replaced by the training rows' median, all are scaled to their mean and variance. Of a
    classifier's settings, that with the best balanced accuracy on the validation rows is used, the simplest of equals.
    Classes are weighted by their inverse frequency, except by nearest neighbours. The scores of the support vector
    machine become probabilities by a softmax whose temperature suits the validation rows (Guo et al. 2017,
    arXiv:1706.04599), which leaves the machine's own decision as it is.

    Args:
        features: (n rows) of `baseline_features`.
        rows: "train", "val" and perhaps more parts → positions in `features`.
        labels: (n,) integers in [0, n_classes).
        seed: of the forests.

    Returns:
        Key of `BASELINES` → part → (rows of the part, n_classes) float64. A class that the training rows lack has
        probability 0. Baselines of a group that `features` lacks are left out; where no training row has a value, a
        baseline gives the shares of the classes.

    Raises:
        StressIDError: no training or validation rows, rows or labels that do not fit, a label outside [0, n_classes).
    """
    labels = np.asarray(labels)
    rows = {part: np.asarray(positions, dtype=np.int64) for part, positions in rows.items()}
    _check(features, rows, labels, n_classes)
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    probabilities = {}
    with threadpool_limits(1), warnings.catch_warnings():  # folds run side by side, with the same result
        warnings.simplefilter("ignore", ConvergenceWarning)  # a worse setting loses on the validation rows
        for key, baseline in BASELINES.items():
            table = features[group_columns(features, baseline.group)].to_numpy(np.float64)
            if table.shape[1]:
                parts = {part: table[positions] for part, positions in rows.items()}
                targets = {part: labels[rows[part]] for part in ("train", "val")}
                probabilities[key] = _fitted(baseline.classifier, parts, targets, n_classes, seed)
    return probabilities


def _fitted(
    classifier: Classifier,
    parts: dict[str, np.ndarray],
    targets: dict[str, np.ndarray],
    n_classes: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Part → probabilities of the classifier with the setting that does best on the validation rows."""
    known = ~np.isnan(parts["train"]).all(axis=0)
    learnable = known.any() and len(np.unique(targets["train"])) > 1
    parts = {
        part: values[:, known] if learnable else np.zeros((len(values), 1)) for part, values in parts.items()
    }
    best, best_score = None, -np.inf
    for setting in classifier.settings:
        estimator = classifier.build(setting, seed, len(parts["train"]))
        if not learnable:
            estimator = DummyClassifier(strategy="prior")
        model = _pipeline(estimator).fit(parts["train"], targets["train"])
        score = _balanced_accuracy(model, parts["val"], targets["val"])
        if score > best_score:
            best, best_score = model, score
    temperature = 1.0 if hasattr(best, "predict_proba") else _temperature(best, parts["val"], targets["val"])
    found = {}
    for part, values in parts.items():
        found[part] = np.zeros((len(values), n_classes))
        if len(values):
            found[part][:, best.classes_] = _probabilities(best, values, temperature)
    return found


def _pipeline(estimator) -> Pipeline:
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), estimator)


def _balanced_accuracy(model: Pipeline, values: np.ndarray, targets: np.ndarray) -> float:
    """Mean recall of the classes that there are."""
    predicted = model.classes_[_probabilities(model, values).argmax(axis=1)]
    return recall_score(targets, predicted, labels=np.unique(targets), average="macro", zero_division=0)


def _probabilities(model: Pipeline, values: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, classes of the model); the temperature matters only to a model without probabilities."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(values)
    return softmax(_scores(model, values) / temperature, axis=1)


def _scores(model: Pipeline, values: np.ndarray) -> np.ndarray:
    """(n, classes of the model): the greatest is the class that the model predicts."""
    scores = model.decision_function(values)
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores


def _temperature(model: Pipeline, values: np.ndarray, targets: np.ndarray) -> float:
    """The one with the least cross-entropy; 1 if the rows hold no class that the model knows."""
    known = np.isin(targets, model.classes_)
    if not known.any():
        return 1.0
    scores = _scores(model, values[known])
    chosen = np.arange(len(scores)), np.searchsorted(model.classes_, targets[known])

    def cross_entropy(log_temperature):
        return -log_softmax(scores / np.exp(log_temperature), axis=1)[chosen].mean()

    return float(np.exp(minimize_scalar(cross_entropy, bounds=np.log(TEMPERATURES), method="bounded").x))


def _check(features: pd.DataFrame, rows: dict[str, np.ndarray], labels: np.ndarray, n_classes: int) -> None:
    for part in ("train", "val"):
        if part not in rows or len(rows[part]) == 0:
            raise StressIDError(
                f"the part {part!r} has no rows; expected at least one to train and to validate on."
            )
    if labels.shape != (len(features),):
        raise StressIDError(
            f"labels have shape {labels.shape} and features {len(features)} rows; expected a label for each."
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
