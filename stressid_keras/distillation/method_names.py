"""From the names of methods to a configuration, and back."""

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.method_registry import (
    CONTROL,
    FEATURE_LOSSES,
    FEATURES,
    IMITATION,
    MEASURES,
    TERMS,
    Method,
    methods_by_name,
    read_options,
    with_options,
)
from stressid_keras.distillation.term import FEATURE
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import WEIGHTS

SEPARATOR = "+"


def with_methods(text: str, base: DistillationConfig) -> DistillationConfig:
    """A configuration with the methods that a text names, and no others.

    Args:
        text: names joined by +, such as "mars+projection+standardised"; without `mars` or `mers`, α to δ are 0.
        base: says the rest: α to δ, if one of them is above 0, and other weights where they are above 0.

    Raises:
        StressIDError: a name is unknown, two exclude each other, there is nothing for a method to change, or an option
            of `base` is of no method.
    """
    named = _named(text)
    given = read_options(base)
    off = {
        option: getattr(each.Options(), option) for each in methods_by_name().values() for option in each.sets
    }
    values = dict(off)
    if not any(method.feature_losses for method in named.values()):
        values |= dict.fromkeys(WEIGHTS.values(), 0.0)
    elif not has_feature_losses(base):
        values |= {option: getattr(DistillationConfig(), option) for option in WEIGHTS.values()}
    for name, method in named.items():
        for option, value in method.sets.items():
            if values[option] != off[option]:
                raise StressIDError(
                    f"method is {text!r}; {name} excludes another of them: both set {option}."
                )
            values[option] = getattr(given[name], option) or value if option in method.weights else value
    return with_options(base, values)


def set_methods(config: DistillationConfig) -> dict[str, Method]:
    """The methods that the options of a configuration turn on, also those that find nothing to change.

    The terms of α to δ are those of `mars`, unless another method has them. Where there is no term at all, the control
    is what is left.
    """
    options = read_options(config)
    found = {
        name: each for name, each in methods_by_name().items() if each.sets and each.is_set(options[name])
    }
    if not weights_of(config):
        return {CONTROL: methods_by_name()[CONTROL], **found}
    if has_feature_losses(config) and not any(each.feature_losses for each in found.values()):
        found |= {
            name: each for name, each in methods_by_name().items() if each.feature_losses and not each.sets
        }
    return {name: each for name, each in methods_by_name().items() if name in found}


def methods_of(config: DistillationConfig) -> dict[str, Method]:
    """The methods that decide what a student of this configuration is trained by.

    A method that has nothing to change is not among them.
    """
    found = set_methods(config)
    if CONTROL in found:
        return {CONTROL: found[CONTROL]}
    changeable = {"", TERMS}
    if has_feature_losses(config):
        changeable |= {FEATURE_LOSSES, FEATURES}
    if any(getattr(each.implementation, "level", None) == FEATURE for each in found.values()):
        changeable.add(FEATURES)
    if config.imitation:
        changeable.add(IMITATION)
    if config.measures:
        changeable.add(MEASURES)
    return {name: each for name, each in found.items() if each.changes in changeable}


def weights_of(config: DistillationConfig) -> dict[str, float]:
    """The options that weigh terms of the loss, as far as they are above 0."""
    weights = {option: getattr(config, option) for option in WEIGHTS.values()}
    options = read_options(config)
    for name, method in methods_by_name().items():
        weights |= {option: getattr(options[name], option) for option in method.weights}
    return {option: weight for option, weight in weights.items() if weight}


def has_feature_losses(config: DistillationConfig) -> bool:
    """Whether one of α to δ is above 0."""
    return any(config.weights.values())


def _named(text: str) -> dict[str, Method]:
    known = methods_by_name()
    names = [name.strip() for name in text.split(SEPARATOR)]
    for name in names:
        if name not in known:
            raise StressIDError(
                f"method is {name!r}; expected some of {', '.join(known)}, joined by {SEPARATOR}."
            )
    if CONTROL in names and len(set(names)) > 1:
        raise StressIDError(
            f"method is {text!r}; expected {CONTROL} alone, for it is the one without a teacher."
        )
    named = {name: known[name] for name in names}
    if CONTROL not in named:
        _check_something_changes(text, named)
    return named


def _check_something_changes(text: str, named: dict[str, Method]) -> None:
    if not any(method.is_term for method in named.values()):
        terms = ", ".join(name for name, method in methods_by_name().items() if method.is_term)
        raise StressIDError(
            f"method is {text!r}, which changes terms of the loss but has none; expected one of {terms} among them."
        )
    for changed, is_of in {
        FEATURE_LOSSES: lambda method: method.feature_losses,
        IMITATION: lambda method: "imitation" in method.weights,
        MEASURES: lambda method: "measures" in method.weights,
    }.items():
        if any(map(is_of, named.values())):
            continue
        for name, method in named.items():
            if method.changes == changed:
                needed = " or ".join(other for other, each in methods_by_name().items() if is_of(each))
                raise StressIDError(
                    f"method is {text!r}; {name} is of the terms of {needed}; add one of them."
                )
