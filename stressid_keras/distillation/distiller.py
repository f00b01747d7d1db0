"""Distillation of a frozen teacher into a student."""

import contextlib
import inspect
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import keras
from keras import ops

from stressid_keras.distillation.methods.confidence import Confidence
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.methods.mers import classifier_layers
from stressid_keras.distillation.methods.schedules import FollowSchedule
from stressid_keras.distillation.methods.standardised import Standardization
from stressid_keras.distillation.term import FEATURE, Term
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register
from stressid_keras.modalities import is_measures
from stressid_keras.training.classifier import Classifier
from stressid_keras.training.named import (
    LOGITS,
    STORED,
    named_outputs,
    output_widths,
    select_inputs,
    widths_on,
)
from stressid_keras.training.phases import CLASSIFIER, FEATURES, JOINT


@register
class Distiller(Classifier):
    """Trains a student on labels and on what a frozen teacher makes of the same samples.

    With a student feature f_s and teacher features f_i, a step's loss is the mean over the batch of
    w_n · (CE_n + Σ_i weights[i] · MSE(f_s, f_i)_n), the mean squared error being taken over the dimensions of
    the feature: cross-modal feature distillation after MARS (Crasto et al., CVPR 2019). `terms` adds other ones,
    weighted alike, and the options change all of them; they combine. The teacher runs in inference mode, gets no
    gradient and is not in the optimizer, whatever `trainable` is set to. Student and teacher are run once in a step.

    Besides `Classifier`'s values, each term is logged by its name, such as `mse_<name>`: the mean over the samples of
    w_n times its value (with `confidence` and `selections`, times these as well), before the weight of the term.

    Args:
        student: any Keras model with an output of logits and, for terms that look at it, one of a feature.
        teacher: any Keras model whose outputs include every feature that is named; frozen here. Or None, when batches
            bring what was computed by it before as `x["teacher_features"]`, a dict of (B, d) by the outputs' names.
        weights: weight of each teacher feature's `FeatureLoss` by name. The specification's α, β, γ, δ are those
            of video, ecg, eda and rr.
        label_smoothing: share of the target spread evenly over the classes.
        terms: further terms of the loss, such as `SoftTargets()`.
        projection: of the terms of `weights`: "", "linear" or "hidden" (see `ProjectionHead`).
        standardised: compare with features that are standardised (see `Standardization`); needs `adapt`.
        confidence: weigh the terms of each sample (see `Confidence`); needs the teacher's `logits`.
        selections: such as `Correct()` and `Agreeing()`: a sample's terms count where all of them let it; needs the
            teacher's `logits`.
        schedule: a `WarmUp` or `Decay` of the weights of all terms; None is constant.
        features_first: a `FeaturesFirst` to train in two phases.
        feature, logits: names of the student's outputs.
        student_inputs, teacher_inputs: names of the inputs, where a model does not say them.
        n_classes, feature_size, teacher_widths: where the models do not say them before they are called.

    Raises:
        StressIDError: an option is out of its range, the teacher lacks an output, or widths differ that must not.
    """

    def __init__(
        self,
        student: keras.Model,
        teacher: keras.Model | None = None,
        weights: Mapping[str, float] | None = None,
        label_smoothing: float = 0.0,
        *,
        terms: Sequence[Term] = (),
        projection: str = "",
        standardised: bool = False,
        confidence: bool = False,
        selections: Sequence[Any] = (),
        schedule: Any = None,
        features_first: Any = None,
        feature: str = FEATURE,
        logits: str = LOGITS,
        student_inputs: Sequence[str] | None = None,
        teacher_inputs: Sequence[str] | None = None,
        n_classes: int | None = None,
        feature_size: int | None = None,
        teacher_widths: Mapping[str, int] | None = None,
        phase: str = JOINT,
        **kwargs: Any,
    ):
        super().__init__(student, label_smoothing, logits, student_inputs, n_classes, **kwargs)
        self.weights_by_name = dict(weights or {})
        self.projection = projection
        self.terms = [
            *(FeatureLoss(name, weight, projection) for name, weight in self.weights_by_name.items()),
            *terms,
        ]
        self.term_means = [keras.metrics.Mean(name=term.name) for term in self.terms]
        self.standardised, self.standardizations = standardised, {}
        self.confidence = confidence
        self.selections = list(selections)
        self.schedule = schedule
        if schedule is not None:
            self.factor = self.add_weight(
                (), "ones", dtype=keras.config.floatx(), trainable=False, name="schedule"
            )
            self.set_epoch(0, 1)
        self.features_first = features_first
        self.given_flags = [layer.trainable for layer in student._flatten_layers()]
        self.feature = feature
        self.feature_size = feature_size
        self.teacher = teacher
        self.teacher_inputs = teacher_inputs
        self.teacher_widths = teacher_widths
        if teacher is not None:
            self.teacher_widths = output_widths(teacher) or teacher_widths
        self.used = ()  # outputs of the teacher that some term looks at
        self.is_prepared = False
        self._prepare(output_widths(student) or self._declared_widths(), self.teacher_widths)
        self._check_phases()
        if teacher is not None:  # not before: a teacher that is refused stays as it was
            teacher.trainable = False
        if phase != JOINT:
            self.enter(phase)

    @property
    def student(self) -> keras.Model:
        return self.network

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        keras.Model.trainable.fset(self, value)
        if getattr(self, "teacher", None) is not None:
            self.teacher.trainable = False

    def adapt(self, features: dict) -> None:
        """Take the statistics of standardisation from a training set's teacher features, (n, d) by name."""
        if not self.is_prepared:
            widths = {name: values.shape[-1] for name, values in features.items()}
            self._prepare(output_widths(self.student) or self._declared_widths(), widths)
        for name, standardization in self.standardizations.items():
            _check_has(features, name)
            standardization.adapt(features[name])

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """As of any Keras model; a schedule follows the epochs."""
        if self.standardised and not (
            self.standardizations and all(s.is_adapted for s in self.standardizations.values())
        ):
            raise StressIDError(f"{self.name} has no statistics to standardise by; call adapt before fit.")
        self._check_division()
        if self.schedule is None:
            return super().fit(*args, **kwargs)
        arguments = inspect.signature(super().fit).bind(*args, **kwargs).arguments
        callbacks = arguments.pop("callbacks", None) or []
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.append(FollowSchedule())
        else:
            callbacks = [
                FollowSchedule(),
                *(callbacks if isinstance(callbacks, list | tuple) else [callbacks]),
            ]
        return super().fit(**arguments, callbacks=callbacks)

    def set_epoch(self, epoch: int, epochs: int) -> None:
        """Put the schedule where it is in an epoch, counted from 0, of all; `fit` does so."""
        self.factor.assign(self.schedule(epoch, epochs))

    def build(self, input_shape: Any) -> None:
        if not self.is_prepared:
            student = widths_on(self.student, input_shape, self.inputs_by_name)
            self._prepare(student, self._teacher_widths_on(input_shape))
        super().build(input_shape)

    def supervised_loss(self, x: Any, labels: Any, outputs: dict[str, Any], sample_weight: Any) -> Any:
        cross_entropies = self.cross_entropies(labels, outputs[self.logits])
        cross_entropy = self.weighted_mean(cross_entropies, sample_weight)
        self.log(self.cross_entropy, cross_entropy, labels)
        loss = 0.0 * cross_entropy if self.phase == FEATURES else cross_entropy
        student = {FEATURE: outputs.get(self.feature), LOGITS: outputs[self.logits]}
        teacher = self.targets(x)
        trust = self._trust(student, teacher, labels)
        for term, mean in zip(self.terms, self.term_means, strict=True):
            value = self.weighted_mean(term.values(student, teacher, labels) * trust, sample_weight)
            self.log(mean, value, labels)
            if term.replaces_labels:
                value = value - self.weighted_mean(cross_entropies * trust, sample_weight)
            loss = loss + self._weight_now(term) * value
        return loss

    def _trust(self, student, teacher, labels):
        """How far each sample's terms count: (B,), or 1 for all."""
        if not self.terms:  # nor does anybody ask for the teacher's classes
            return 1.0
        trust = Confidence.weights(teacher[LOGITS], labels) if self.confidence else 1.0
        for selection in self.selections:
            trust = trust * selection.counts(student[LOGITS], teacher[LOGITS], labels)
        return trust

    def targets(self, x: Any) -> dict[str, Any]:
        """What the terms compare with: the teacher's outputs by name, in Keras's `floatx`, without gradient.

        Raises:
            StressIDError: there is no teacher, and `x` lacks what was stored from one.
        """
        if not self.used and self.is_prepared:
            return {}
        if self.teacher is not None:
            inputs = select_inputs(self.teacher, x, self.teacher_inputs)
            found = named_outputs(self.teacher, self.teacher(inputs, training=False))
        elif isinstance(x, dict) and STORED in x:
            found = x[STORED]
        else:
            raise StressIDError(
                f"{self.name} has no teacher; expected its outputs in x[{STORED!r}], or a teacher."
            )
        if not self.is_prepared:  # an earlier call had none
            student = output_widths(self.student) or self._declared_widths()
            self._prepare(student, {name: values.shape[-1] for name, values in found.items()})
        targets = {}
        for name in self.used:
            _check_has(found, name)
            target = ops.stop_gradient(ops.cast(found[name], keras.config.floatx()))
            standardization = self.standardizations.get(name)
            targets[name] = target if standardization is None else standardization(target)
        return targets

    def phases(self, epochs: int) -> list[tuple[str, int]]:
        return super().phases(epochs) if self.features_first is None else self.features_first.phases(epochs)

    def enter(self, phase: str) -> None:
        """Begin a phase: freeze what does not train in it, and leave the terms out that are not of it.

        `compile` has to follow, so that the optimizer has the variables of the phase, and no momentum of another.
        """
        expected = (JOINT,) if self.features_first is None else (JOINT, FEATURES, CLASSIFIER)
        if phase not in expected:
            raise StressIDError(f"{self.name} has no phase {phase!r}; expected {' or '.join(expected)}.")
        self.phase = phase
        self._freeze(phase)

    def save_network(self, path: str | PathLike) -> None:
        """Save the student alone, as it is to be used: no head, no teacher, nothing frozen that was not before."""
        with self._as_given():
            super().save_network(path)

    def get_config(self) -> dict[str, Any]:
        with self._as_given():
            config = super().get_config()
        config["student"] = config.pop("network")
        config["student_inputs"] = config.pop("inputs")
        serialize = keras.saving.serialize_keras_object
        return {
            **config,
            "teacher": None if self.teacher is None else serialize(self.teacher),
            "weights": dict(self.weights_by_name),
            "terms": [serialize(term) for term in self.terms[len(self.weights_by_name) :]],
            "projection": self.projection,
            "standardised": self.standardised,
            "confidence": self.confidence,
            "selections": [serialize(each) for each in self.selections],
            "schedule": None if self.schedule is None else serialize(self.schedule),
            "features_first": None if self.features_first is None else serialize(self.features_first),
            "feature": self.feature,
            "teacher_inputs": self.teacher_inputs,
            "feature_size": self.feature_size,
            "teacher_widths": None if self.teacher_widths is None else dict(self.teacher_widths),
            "phase": self.phase,
        }

    def _prepare(self, student, teacher) -> None:
        """Make what depends on the widths of the student's and the teacher's outputs, once both are known."""
        if self.terms and (student is None or teacher is None):
            return
        if self.built and (self.standardised or any(term.has_weights for term in self.terms)):
            raise StressIDError(
                f"{self.name} was called before the teacher's features were seen; give it teacher_widths."
            )
        if self.terms:
            self._prepare_terms(student, teacher)
        self.is_prepared = True

    def _prepare_terms(self, student, teacher) -> None:
        used = [name for term in self.terms for name in term.compared(teacher)]
        used += [LOGITS] * bool(self.confidence or self.selections)
        self.used = tuple(dict.fromkeys(used))
        for name in self.used:
            _check_has(teacher, name)
        self.feature_size, self.teacher_widths = student.get(self.feature), dict(teacher)
        if self.feature_size is None and any(term.level == FEATURE for term in self.terms):
            raise StressIDError(
                f"{self.student.name!r} has no output {self.feature!r}; it has {_names(student)}."
            )
        for term in self.terms:
            term.prepare({FEATURE: self.feature_size, LOGITS: student[self.logits]}, teacher)
        if self.standardised:
            for name in self.used:
                if name != LOGITS and not is_measures(name):  # which are standardised
                    self.standardizations[name] = Standardization()
                    self.standardizations[name].prepare(teacher[name])

    def _declared_widths(self):
        if self.feature_size is None or self.n_classes is None:
            return None
        return {self.feature: self.feature_size, self.logits: self.n_classes}

    def _teacher_widths_on(self, input_shape):
        if self.teacher_widths is not None:
            return self.teacher_widths
        if self.teacher is not None:
            return widths_on(self.teacher, input_shape, self.teacher_inputs)
        stored = input_shape.get(STORED) if isinstance(input_shape, dict) else None
        return None if stored is None else {name: shape[-1] for name, shape in stored.items()}

    def _weight_now(self, term):
        if self.phase != JOINT and (self.phase == FEATURES) != (term.level == FEATURE):
            return 0.0
        return term.weight if self.schedule is None else term.weight * self.factor

    def _check_division(self) -> None:
        """Raises StressIDError where a term would see a part of the batch alone."""
        strategy = getattr(self, "distribute_strategy", None)  # of TensorFlow
        if strategy is not None and strategy.num_replicas_in_sync > 1:
            for term in self.terms:
                if term.across_samples:
                    raise StressIDError(
                        f"{term.name!r} compares the samples of a batch with each other, of which TensorFlow "
                        "shows every device a part; set KERAS_BACKEND=jax, or use one device."
                    )

    def _check_phases(self) -> None:
        if self.features_first is not None and not any(t.weight and t.level == FEATURE for t in self.terms):
            raise StressIDError(
                "features_first has no feature to learn; expected the weight of a feature's term above 0."
            )

    def _freeze(self, phase) -> None:
        for layer, flag in zip(self.student._flatten_layers(), self.given_flags, strict=True):
            layer.trainable = flag
        for term in self.terms:
            term.trainable = phase != CLASSIFIER
        if phase != JOINT:
            classifier = classifier_layers(self.student, self.feature, self.logits)
            for layer in self.student.layers:
                if (layer in classifier) == (phase == FEATURES):
                    layer.trainable = False

    @contextlib.contextmanager
    def _as_given(self):
        """The student's layers trainable as they were before the phases."""
        if self.phase == JOINT:
            yield
            return
        self._freeze(JOINT)
        try:
            yield
        finally:
            self._freeze(self.phase)


def _check_has(teacher: dict, name: str) -> None:
    if name not in teacher:
        raise StressIDError(f"the teacher has no output {name!r}; it has {_names(teacher)}.")


def _names(outputs: dict) -> str:
    return ", ".join(sorted(outputs))
