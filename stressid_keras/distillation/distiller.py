"""Distillation of a frozen teacher's features into a student."""

import keras
from keras import ops

from stressid_keras.distillation.classifier import Classifier
from stressid_keras.layers.registration import register


@register
class Distiller(Classifier):
    """Trains a student on labels and on a teacher's features: cross-modal feature distillation.

    With a student feature f_s and teacher features f_i, a step's loss is the mean over the batch of
    w_n · (CE_n + Σ_i weights[i] · MSE(f_s, f_i)_n), the mean squared error being taken over the dimensions of
    the feature. The teacher runs in inference mode, gets no gradient and is not in the optimiser. After MARS
    (Crasto et al., CVPR 2019), which has one stream where this has one per modality.

    Besides `Classifier`'s values, `mse_<name>` is logged for every weight.

    Args:
        student: model with outputs `logits` and `feature`.
        teacher: model whose outputs include every name in `weights`; or None, when batches bring the features
            that were stored from it, as `x["teacher_features"]`, a dict of (B, d).
        weights: weight of each teacher feature's term by name. The specification's α, β, γ, δ are those
            of video, ecg, eda and rr.

    Raises:
        ValueError: a weight is negative, names no output of the teacher, or the features' widths differ.
    """

    def __init__(self, student, teacher=None, weights=None, label_smoothing=0.0, **kwargs):
        super().__init__(student, label_smoothing, **kwargs)
        self.weights_by_name = {name: float(weight) for name, weight in (weights or {}).items()}
        for name, weight in self.weights_by_name.items():
            if weight < 0:
                raise ValueError(f"the weight of {name!r} is {weight}; expected 0 or more.")
        self.teacher = teacher
        if teacher is not None:
            self._check_features(teacher)
            teacher.trainable = False
        self.feature_errors = {name: keras.metrics.Mean(name=f"mse_{name}") for name in self.weights_by_name}

    @property
    def student(self):
        return self.network

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        targets = self._targets(x)
        feature = ops.cast(y_pred["feature"], "float32")
        for name, weight in self.weights_by_name.items():
            target = ops.stop_gradient(ops.cast(targets[name], "float32"))
            errors = ops.mean(ops.square(feature - target), axis=-1)
            term = self.weighted_mean(errors, sample_weight)
            self.log(self.feature_errors[name], term, y)
            loss = loss + weight * term
        return loss

    def _targets(self, x):
        if self.teacher is None:
            return x["teacher_features"] if self.weights_by_name else {}
        return self.teacher({name: x[name] for name in self.teacher.input}, training=False)

    def _check_features(self, teacher):
        width = self.student.output["feature"].shape[-1]
        for name in self.weights_by_name:
            if name not in teacher.output:
                raise ValueError(
                    f"the teacher has no output {name!r}; it has {', '.join(sorted(teacher.output))}."
                )
            found = teacher.output[name].shape[-1]
            if found != width:
                raise ValueError(
                    f"the teacher's feature {name!r} has {found} dimensions and the student's {width}; "
                    "build both with the same feature size."
                )

    def get_config(self):
        config = super().get_config()
        config["student"] = config.pop("network")
        config["weights"] = self.weights_by_name
        config["teacher"] = (
            None if self.teacher is None else keras.saving.serialize_keras_object(self.teacher)
        )
        return config
