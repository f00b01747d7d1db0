"""Ways to distil register themselves here; what makes, names, explains, compares or tunes them reads this."""

import dataclasses
from dataclasses import dataclass, field

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.term import Term
from stressid_keras.errors import StressIDError, shown
from stressid_keras.ranges import Range, kinds, type_and_rules

CONTROL = "cross-entropy"  # the method without a teacher
# What a method may change.
FEATURE_LOSSES, FEATURES, TERMS, IMITATION = "feature losses", "features", "terms", "imitation"
MEASURES = "measures"
FIELDS = frozenset(kinds(DistillationConfig))

_registered: dict[str, "Method"] = {}


@dataclass(frozen=True)
class Method:
    """A way to distil.

    Attributes:
        name: on the command line.
        implementation: the class that registered itself.
        sets: options and the values that turn the method on. A number is a weight: 0 is off, and a configuration that
            has it above 0 already keeps its own.
        Options: what the method reads: `DistillationConfig`, or a subclass with further options of the method's own.
        feature_losses: whether α to δ are of it.
        changes: what there has to be for it to make a difference: `FEATURE_LOSSES`, terms that look at `FEATURES`,
            any `TERMS`, a share of the labels (`IMITATION`), or regressed `MEASURES`; empty for a method that brings
            terms itself.
        does: a sentence in the place of the implementation's first, where the class is that of several methods.
    """

    name: str
    implementation: type
    sets: dict = field(default_factory=dict)
    Options: type = DistillationConfig
    feature_losses: bool = False
    changes: str = ""
    does: str = ""

    @property
    def is_term(self) -> bool:
        """Whether it adds to the loss, and does not only change other methods."""
        return self.feature_losses or issubclass(self.implementation, Term)

    @property
    def summary(self) -> str:
        """What it does, in a sentence: the first line of the implementation's docstring, or `does`."""
        return self.does or self.implementation.__doc__.strip().splitlines()[0]

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the options that weigh its term."""
        return tuple(option for option, value in self.sets.items() if _is_weight(value))

    @property
    def own_options(self) -> frozenset[str]:
        """Names of the options that `DistillationConfig` lacks."""
        return frozenset(kinds(self.Options)) - FIELDS

    def read(self, config: DistillationConfig) -> DistillationConfig:
        """The configuration as `Options`, the method's own among them.

        Raises:
            StressIDError: an own option is not what `Options` says.
        """
        given = {name: getattr(config, name) for name in FIELDS}
        own = {name: value for name, value in config.added.items() if name in self.own_options}
        return self.Options(**given, **own)

    def is_set(self, options: DistillationConfig) -> bool:
        """Whether the options are those that turn it on."""
        found = {option: getattr(options, option) for option in self.sets}
        return all(
            bool(found[name]) if _is_weight(value) else found[name] == value
            for name, value in self.sets.items()
        )


def method(name: str, sets: dict | None = None, Options: type = DistillationConfig, **properties):
    """A decorator that registers a class as a way to distil; a file of `methods` that has one is all it takes.

        @method("relational", {"relational": 25.0})
        @register
        class Relational(Term):

    The first line of the class's docstring says what it does, or `does`. Besides, the class has

    - `paper`, which it follows, in full, and `after`, the same in short;
    - `arguments(options)`, what it adds to the arguments of `Distiller`, such as `{"terms": [cls(options.relational)]}`
      or `{"schedule": cls(options.schedule_share)}`;
    - `sentence(options)`, which explains it to readers of card and report;
    - `formula(options)`, if it is a `Term`: what stands in the loss, beginning with `<weight> ×`.

    Args:
        name, sets, Options, properties: attributes of `Method`.

    Raises:
        StressIDError: the name is taken, another method declares an own option of it, or no such option can be set.
    """

    def add(implementation):
        new = Method(name, implementation, dict(sets or {}), Options, **properties)
        _check(new)
        _registered[name] = new
        return implementation

    return add


def unregister(name: str) -> None:
    """Forget a method, as if its file were not there."""
    del _registered[name]


def methods_by_name() -> dict[str, Method]:
    """All methods by name, in the order of the options that turn them on; added ones come last."""
    return dict(sorted(_registered.items(), key=lambda item: _place(item[1])))


def read_options(config: DistillationConfig) -> dict[str, DistillationConfig]:
    """By the name of every method, the configuration as it reads it.

    Raises:
        StressIDError: `config.added` has a name that is of no method, or a value that its method does not take.
    """
    found = methods_by_name()
    known = sorted(set().union(*(each.own_options for each in found.values())))
    for name in config.added:
        if name not in known:
            expected = (
                f"some of {', '.join(known)}" if known else "none, for no method has options of its own"
            )
            raise StressIDError(f"distillation.added has no option {shown(name)}; expected {expected}.")
    return {name: each.read(config) for name, each in found.items()}


def with_options(config: DistillationConfig, values: dict) -> DistillationConfig:
    """A copy with some options changed, fields of the configuration and methods' own alike.

    An own option at its default is left out, so that it makes no difference whether it is written down.
    """
    defaults = {
        name: value
        for each in methods_by_name().values()
        for name, value in _own(each, each.Options()).items()
    }
    own = {name: value for name, value in (config.added | values).items() if name not in FIELDS}
    return dataclasses.replace(
        config,
        **{name: value for name, value in values.items() if name in FIELDS},
        added={name: value for name, value in own.items() if value != defaults.get(name)},
    )


def range_of(option: str) -> Range:
    """What a number among the options may be."""
    declared = {
        name: kind for each in methods_by_name().values() for name, kind in kinds(each.Options).items()
    }
    _, rules = type_and_rules(declared[option])
    return next(rule for rule in rules if isinstance(rule, Range))


def _own(method: Method, options: DistillationConfig) -> dict:
    return {name: getattr(options, name) for name in method.own_options}


def _is_weight(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _place(method: Method) -> int:
    """Of its first option; the control, which has none, stands before α."""
    places = {name: place for place, name in enumerate(kinds(method.Options))}
    return min((places[option] for option in method.sets), default=0 if method.feature_losses else -1)


def _check(new: Method) -> None:
    if new.name in _registered:
        raise StressIDError(f"method {new.name!r} is there already; expected another name, or unregister it.")
    if unknown := new.sets.keys() - kinds(new.Options).keys():
        raise StressIDError(
            f"method {new.name!r} sets {min(unknown)!r}; expected options of DistillationConfig, or Options with it."
        )
    for other in _registered.values():
        shared = new.own_options & other.own_options
        if shared and other.Options is not new.Options:
            raise StressIDError(
                f"methods {other.name!r} and {new.name!r} both declare {min(shared)!r}; expected one of them to."
            )
