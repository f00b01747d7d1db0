"""What a distillation is, in words: model card, report, findings and documents print this, and nothing of their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.method_names import (
    SEPARATOR,
    has_feature_losses,
    methods_of,
    weights_of,
)
from stressid_keras.distillation.method_registry import CONTROL, TERMS, Method, methods_by_name, read_options
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.term import FEATURE, LOGITS, Term, listed, spoken

SOURCES = {  # whose features and probabilities a student learns from
    "teacher": "the teacher's",
    "cross-fit": "cross-fitted teachers'",
    "forest": "cross-fitted forests'",
    "born-again": "other students'",
}


@dataclass(frozen=True)
class Description:
    """How a student learns.

    Attributes:
        method: names of methods, joined by +.
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
    """The description of what a student of this configuration is trained by.

    Raises:
        StressIDError: an option is of no method, or its method does not take it.
    """
    used, options = methods_of(config), read_options(config)
    if CONTROL in used:
        control = used[CONTROL].implementation
        return Description(CONTROL, control.formula(config), control.sentence(config))
    read = {FeatureLoss: config} if has_feature_losses(config) else {}
    read |= {
        each.implementation: options[name] for name, each in used.items() if _is_term(each.implementation)
    }
    terms = [part.formula(own) for part, own in read.items()]
    read |= {each.implementation: options[name] for name, each in used.items()}
    return Description(
        SEPARATOR.join(used),
        " + ".join(["cross-entropy", *terms]),
        f"The student hears audio only and learned from {listed(_sources(config, used))}.",
        tuple(part.sentence(own) for part, own in read.items()),
        tuple(weights_of(config)),
        tuple(dict.fromkeys(part.paper for part in read)),
    )


def chosen_shares(shares: Sequence[float]) -> str:
    """What was chosen for λ, in a sentence."""
    if len(shares) == 1:
        return f"λ = {shares[0]:g} was chosen."
    counted = [f"{share:g} in {shares.count(share)}" for share in sorted(set(shares))]
    return f"Of {len(shares)} trainings, λ is {listed(counted)}."


def kept_measures(found: Sequence[dict[str, dict]]) -> str:
    """How many measures were regressed, by training and modality: `of` and `kept`, in a sentence."""
    counts = [sum(len(each["kept"]) for each in measures.values()) for measures in found]
    whole = sum(each["of"] for each in found[0].values())
    if len(found) == 1:
        by_modality = listed(
            f"{spoken(name)} {len(each['kept'])} of {each['of']}" for name, each in found[0].items()
        )
        return f"Of {whole} measures, {counts[0]} were kept: {by_modality}."
    return f"Of {whole} measures, {min(counts)} to {max(counts)} were kept in each of {len(found)} trainings."


def methods_table() -> str:
    """All methods but the control as a table in Markdown, a row each; + marks those that change other ones."""
    rows = [
        f"| `{'' if each.is_term else SEPARATOR}{name}` | {each.summary} | {_settings(each)} "
        f"| {each.implementation.after} |"
        for name, each in methods_by_name().items()
        if name != CONTROL
    ]
    return "\n".join(["| name | what it does | sets | after |", "|---|---|---|---|", *rows])


def _settings(method: Method) -> str:
    values = [f"`{option}` = {json.dumps(value)}" for option, value in method.sets.items()]
    return "; ".join([*["α to δ"] * method.feature_losses, *values])


def _is_term(implementation: type) -> bool:
    return issubclass(implementation, Term)


def _sources(config: DistillationConfig, used: dict[str, Method]) -> list[str]:
    """What decides the student's gradient."""
    weights = weights_of(config)
    terms = [each for each in used.values() if _is_term(each.implementation)]
    levels = {each.implementation.level for each in terms}
    are_replaced = any(
        each.implementation.replaces_labels and weights[option] == 1
        for each in terms
        for option in each.weights
    )
    who = SOURCES[config.imitated]
    found = {
        "the labels": not are_replaced or any(each.changes == TERMS for each in used.values()),
        f"{who} features": has_feature_losses(config) or FEATURE in levels,
        f"{who} class probabilities": LOGITS in levels,
    }
    return [name for name, is_used in found.items() if is_used]
