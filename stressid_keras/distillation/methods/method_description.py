"""What a distillation is, in words: model card, report, findings and documents print this, and nothing of their own."""

from dataclasses import dataclass

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.methods.catalogue import CONTROL, METHODS, SEPARATOR
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.methods.term import listed
from stressid_keras.modalities import WEIGHTS

LABELS_ALONE = "cross-entropy to the labels alone, which no teacher helps"


@dataclass(frozen=True)
class Description:
    """How a student learns.

    Attributes:
        method: names of `METHODS`, joined by +.
        loss: the formula, with the weights as numbers.
        learned_from: a sentence for readers who want no formula.
        sentences: what stands in the formula, and what else differs from adding it up in every step.
        weights: names of the options that weigh the teacher against the labels.
        papers: that the method follows, in full.
    """

    method: str
    loss: str
    learned_from: str
    sentences: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()


def describe(config: DistillationConfig) -> Description:
    """The description of what a student of this configuration is trained by."""
    names = methods_of(config)
    if names == (CONTROL,):
        return Description(
            CONTROL,
            LABELS_ALONE,
            "The student hears audio only and learned from the labels alone, as the control: no teacher helped it.",
        )
    used = [METHODS[name].implementation for name in names]
    terms = [FeatureLoss] * _has_errors(config) + [
        each for each in used if each is not FeatureLoss and _adds(each)
    ]
    parts = dict.fromkeys([*terms, *used])
    return Description(
        SEPARATOR.join(names),
        " + ".join(["cross-entropy", *(term.formula(config) for term in terms)]),
        f"The student hears audio only and learned from {listed(_sources(config))}.",
        tuple(part.sentence(config) for part in parts),
        weights_of(config),
        tuple(dict.fromkeys(part.paper for part in parts)),
    )


def methods_of(config: DistillationConfig) -> tuple[str, ...]:
    """Names of the methods that decide what a student of this configuration is trained by, in the catalogue's order.

    A method that has no term to change is not among them.
    """
    if not weights_of(config):
        return (CONTROL,)
    left_out = {CONTROL}
    if not _has_errors(config):
        left_out |= {"mars", "projection", "projection-hidden"}
    if not _has_features(config):
        left_out |= {"standardised"}
    if config.features_first:
        left_out |= {"mars"}  # mers has the same terms
    return tuple(
        name
        for name, method in METHODS.items()
        if name not in left_out and all(_is_set(config, *option) for option in method.options.items())
    )


def weights_of(config: DistillationConfig) -> tuple[str, ...]:
    """Names of the options that weigh terms of the loss, as far as they are above 0."""
    others = [
        name for method in METHODS.values() for name, value in method.options.items() if _is_weight(value)
    ]
    return tuple(name for name in (*WEIGHTS.values(), *others) if getattr(config, name))


def _is_weight(value) -> bool:
    return isinstance(value, float)


def _is_set(config: DistillationConfig, option: str, value) -> bool:
    found = getattr(config, option)
    return bool(found) if _is_weight(value) else found == value


def _adds(implementation) -> bool:
    """Whether it adds a term, and does not only change other ones."""
    return hasattr(implementation, "formula")


def _has_errors(config: DistillationConfig) -> bool:
    return any(getattr(config, name) for name in WEIGHTS.values())


def _has_features(config: DistillationConfig) -> bool:
    return _has_errors(config) or bool(config.relational or config.contrastive)


def _sources(config: DistillationConfig) -> list[str]:
    """What decides the student's gradient."""
    labels_replaced = config.imitation == 1 and config.schedule == "constant" and not config.confidence
    found = {
        "the labels": not labels_replaced,
        "the teacher's features": _has_features(config),
        "the teacher's class probabilities": bool(config.logits or config.imitation),
    }
    return [name for name, is_used in found.items() if is_used]
