"""Whether an exported file computes what the Keras model computes: measured on windows that nobody trained on."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import keras
import numpy as np

from stressid_keras.runtime.interpreter import LiteRTModel


@dataclass(frozen=True)
class Bound:
    """What a variant must keep; None: not asked for. Agreement counts every window, near ties too."""

    probability_difference: float | None = None  # largest
    top1_agreement: float | None = None  # share of windows
    feature_cosine: float | None = None  # smallest

    def missed_by(self, found: Mapping) -> str:
        """What `found`, of `agreement`, misses, as part of a sentence; empty if nothing."""
        difference, top1 = found["max_probability_difference"], found["top1_agreement"]
        if self.probability_difference is not None and not difference <= self.probability_difference:
            return (
                f"a probability differs by {difference:.2e}; expected at most {self.probability_difference:g}"
            )
        if self.top1_agreement is not None and not top1 >= self.top1_agreement:
            return f"{top1:.1%} of the predicted classes agree; expected at least {self.top1_agreement:.1%}"
        cosine = (found.get("feature_cosine") or {}).get("smallest")
        if self.feature_cosine is not None and cosine is not None and not cosine >= self.feature_cosine:
            return f"a feature has a cosine of {cosine:.4f}; expected at least {self.feature_cosine:g}"
        return ""

    def to_dict(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if value is not None}


BOUNDS = {
    "float32": Bound(probability_difference=1e-5),
    "mediapipe": Bound(probability_difference=1e-5),
    "fp16": Bound(probability_difference=1e-2),
    "int8": Bound(top1_agreement=0.98, feature_cosine=0.995),
}
CHOICE = Bound(0.1, 0.99, 0.9975)  # of an int8 scheme: half the int8 bound's room, for unseen windows differ


class Outputs(NamedTuple):
    """Of one model on n windows."""

    probabilities: np.ndarray  # (n, classes) float32
    features: np.ndarray | None  # (n, feature_size) float32; None of a file without this output


class KerasModel:
    """The deployed Keras model, called as a `LiteRTModel` is."""

    def __init__(self, model: keras.Model):
        self._model = model

    def __call__(self, window: np.ndarray) -> dict[str, np.ndarray]:
        outputs = self._model.predict_on_batch(window[None])
        return {name: values[0] for name, values in outputs.items()}


def outputs_of(
    models: Mapping[str, LiteRTModel | KerasModel], windows: Iterable[np.ndarray]
) -> dict[str, Outputs]:
    """What each model gives for the windows (samples,), which are gone through once."""
    found = {name: [] for name in models}
    for window in windows:
        for name, model in models.items():
            found[name].append(model(window))
    return {name: _stacked(outputs) for name, outputs in found.items()}


def agreement(found: Outputs, expected: Outputs) -> dict:
    """`windows`, `max_probability_difference`, `top1_agreement` and, where there are features,
    `max_feature_difference` and `feature_cosine` (`smallest`, `mean`)."""
    same = found.probabilities.argmax(axis=1) == expected.probabilities.argmax(axis=1)
    result = {
        "windows": len(same),
        "max_probability_difference": _largest(found.probabilities - expected.probabilities),
        "top1_agreement": float(same.mean()),
    }
    if found.features is not None:
        cosine = _cosine(found.features, expected.features)
        result["max_feature_difference"] = _largest(found.features - expected.features)
        result["feature_cosine"] = {"smallest": float(cosine.min()), "mean": float(cosine.mean())}
    return result


def _stacked(outputs: list[dict[str, np.ndarray]]) -> Outputs:
    probabilities = np.stack([output["probabilities"] for output in outputs])
    features = [output["feature"] for output in outputs if "feature" in output]
    return Outputs(probabilities, np.stack(features) if features else None)


def _largest(difference: np.ndarray) -> float:
    """NaN, which no bound holds, if there is one."""
    return float(np.abs(difference).max())


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.where(lengths > 0, (a * b).sum(axis=1) / np.maximum(lengths, 1e-30), (a == b).all(axis=1))
