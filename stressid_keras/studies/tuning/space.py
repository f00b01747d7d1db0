"""What a search may change: dimensions by name, each of which opens a few options to it."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stressid_keras.config import (
    FILM_BACKBONES,
    IMAGE_BACKBONES,
    SPEECH_BACKBONES,
    AugmentationConfig,
    RunConfig,
)
from stressid_keras.distillation import with_methods
from stressid_keras.distillation.method_names import weights_of
from stressid_keras.distillation.method_registry import range_of, with_options
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import WEIGHTS

STUDENT, TEACHER = "student", "teacher"
SPAN = 100.0  # a weight is searched from this part of what the configuration has to so many times it
SHARES = (0.1, 1.0, 0.1)  # least, greatest and step of a weight that is a share
WIDTHS = (0.5, 1.0, 2.0)
STRENGTHS = (0.0, 0.5, 1.0, 1.5)  # of the augmentation, times what the configuration has


@dataclass(frozen=True)
class Dimension:
    """Options that are searched together.

    Attributes:
        name: on the command line.
        networks: of which it is a dimension.
        usual: whether it is searched unless others are named.
        change: (configuration, hyperparameters, network, methods) → configuration; to ask for a value opens it.
    """

    name: str
    networks: tuple[str, ...]
    usual: bool
    change: Callable


_DIMENSIONS: dict[str, Dimension] = {}


def dimensions(network: str, usual: bool = False) -> tuple[str, ...]:
    """Names of what can be searched of a network, or of what is searched by default, in the order of their choice."""
    return tuple(
        name for name, each in _DIMENSIONS.items() if network in each.networks and (each.usual or not usual)
    )


def chosen_config(
    config: RunConfig, hp, network: str = STUDENT, names: Sequence[str] = (), methods: Sequence[str] = ()
) -> RunConfig:
    """The configuration with the values of a trial; asking for a value is what opens it to the search.

    Args:
        hp: keras-tuner's `HyperParameters`.
        network: "student" or "teacher".
        names: of the dimensions; empty: the usual ones.
        methods: ways to distil to choose from, of the dimension `method`.

    Raises:
        StressIDError: a name is not a dimension of the network, or one makes no sense with the configuration.
    """
    for name in searched(network, names, methods):
        config = _DIMENSIONS[name].change(config, hp, network, tuple(methods))
    return config


def searched(network: str, names: Sequence[str] = (), methods: Sequence[str] = ()) -> tuple[str, ...]:
    """The dimensions of a search: those named, or the usual ones; `method` where there are methods to choose from.

    Raises:
        StressIDError: a name is not a dimension of the network.
    """
    known = dimensions(network)
    if unknown := sorted(set(names) - set(known)):
        raise StressIDError(
            f"{unknown[0]} is nothing to search of a {network}; expected some of {', '.join(known)}."
        )
    wanted = {*(names or dimensions(network, usual=True)), *(("method",) if methods else ())}
    return tuple(name for name in known if name in wanted)


def _choice(hp, name: str, values: Sequence, own):
    """One of some values, or what the configuration has."""
    return hp.Choice(name, [*values, *(() if own in values else (own,))], default=own)


def _dimension(name: str, *networks: str, usual: bool = False):
    def add(change):
        _DIMENSIONS[name] = Dimension(name, networks, usual, change)
        return change

    return add


@_dimension("learning_rate", STUDENT, TEACHER, usual=True)
def _learning_rate(config, hp, network, methods):
    own = _training(config, network).learning_rate
    return _trained(
        config, network, learning_rate=hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=own)
    )


@_dimension("weight_decay", STUDENT, TEACHER, usual=True)
def _weight_decay(config, hp, network, methods):
    own = _training(config, network).weight_decay
    return _trained(
        config, network, weight_decay=hp.Float("weight_decay", 1e-6, 1e-1, sampling="log", default=own)
    )


@_dimension("label_smoothing", STUDENT, TEACHER)
def _label_smoothing(config, hp, network, methods):
    own = _training(config, network).label_smoothing
    return _trained(
        config, network, label_smoothing=hp.Float("label_smoothing", 0.0, 0.3, step=0.05, default=own)
    )


@_dimension("dropout", STUDENT, TEACHER, usual=True)
def _dropout(config, hp, network, methods):
    own = getattr(config, network).dropout
    return _changed(config, network, dropout=hp.Float("dropout", 0.0, 0.6, step=0.1, default=own))


@_dimension("modality_dropout", TEACHER, usual=True)
def _modality_dropout(config, hp, network, methods):
    own = config.teacher.modality_dropout
    return _changed(
        config, network, modality_dropout=hp.Float("modality_dropout", 0.0, 0.5, step=0.1, default=own)
    )


@_dimension("measures", TEACHER)
def _measures(config, hp, network, methods):
    # A teacher that hears does so by measures alone.
    known = ["person", "window", *(() if config.dataset.teacher_hears else ("none",))]
    chosen = hp.Choice("measures", known, default=config.teacher.measures)
    return _changed(config, network, measures=chosen)


@_dimension("backbone", STUDENT, TEACHER)
def _backbone(config, hp, network, methods):
    if network == TEACHER:
        signal = hp.Choice("signal_backbone", list(IMAGE_BACKBONES), default=config.teacher.signal_backbone)
        film = hp.Choice("video_backbone", list(FILM_BACKBONES), default=config.teacher.video_backbone)
        return _changed(config, network, signal_backbone=signal, video_backbone=film)
    names = [*IMAGE_BACKBONES, *SPEECH_BACKBONES]
    return _changed(config, network, backbone=hp.Choice("backbone", names, default=config.student.backbone))


@_dimension("width", STUDENT, TEACHER, usual=True)
def _width(config, hp, network, methods):
    """Of what has filters: a student that hears speech has none."""
    if network == TEACHER:
        times = hp.Choice("width", list(WIDTHS), default=1.0)
        widened = {
            option: tuple(max(1, round(times * n)) for n in getattr(config.teacher, option))
            for option in ("video_filters", "signal_filters")
        }
        return _changed(config, network, **widened)
    with _of_spectrograms(config, hp) as is_one:
        if not is_one:
            return config
        times = hp.Choice("width", list(WIDTHS), default=1.0)
    return config if times is None else _changed(config, network, width=times * config.student.width)


@_dimension("log_mel", STUDENT)
def _log_mel(config, hp, network, methods):
    """What students other than those that hear speech are shown; a trial with another picture prepares it."""
    audio = config.preparation.audio
    with _of_spectrograms(config, hp) as is_one:
        if not is_one:
            return config
        bands = _choice(hp, "n_mels", [64, 128], audio.n_mels)
        hop = _choice(hp, "hop_length", [256, 512], audio.hop_length)
    if bands is None:
        return config
    chosen = dataclasses.replace(audio, n_mels=bands, hop_length=hop)
    return dataclasses.replace(config, preparation=dataclasses.replace(config.preparation, audio=chosen))


@_dimension("gaf", TEACHER)
def _gaf(config, hp, network, methods):
    gaf = config.preparation.gaf
    chosen = dataclasses.replace(
        gaf,
        method=hp.Choice("gaf_method", ["summation", "difference"], default=gaf.method),
        levels=hp.Choice("gaf_levels", ["person", "window"], default=gaf.levels),
    )
    return dataclasses.replace(config, preparation=dataclasses.replace(config.preparation, gaf=chosen))


@_dimension("batch_size", STUDENT, TEACHER)
def _batch_size(config, hp, network, methods):
    chosen = _choice(hp, "batch_size", [4, 8, 16, 32], config.pipeline.batch_size)
    return dataclasses.replace(config, pipeline=dataclasses.replace(config.pipeline, batch_size=chosen))


@_dimension("augmentation", STUDENT, TEACHER)
def _augmentation(config, hp, network, methods):
    strength = hp.Choice("augmentation", list(STRENGTHS), default=1.0)
    stronger = strengthened(config.pipeline.augmentation, strength)
    return dataclasses.replace(config, pipeline=dataclasses.replace(config.pipeline, augmentation=stronger))


@_dimension("cross_fitting", STUDENT)
def _cross_fitting(config, hp, network, methods):
    parts = _choice(hp, "cross_fit_parts", [2, 5, 10], config.distillation.cross_fit_parts)
    return dataclasses.replace(
        config, distillation=dataclasses.replace(config.distillation, cross_fit_parts=parts)
    )


@_dimension("method", STUDENT)
def _method(config, hp, network, methods):
    """Which way to distil, and its weights, each searched where its method is chosen."""
    if not methods:
        raise StressIDError(
            "the search is for a method and none is named; expected some, such as --methods mars cross-entropy."
        )
    own = next(
        (name for name in methods if with_methods(name, config.distillation) == config.distillation), None
    )
    chosen, found = hp.Choice("method", list(methods), default=own or methods[0]), config
    for name in methods:
        distillation = with_methods(name, config.distillation)
        with hp.conditional_scope("method", [name]):
            values = _weights(distillation, hp)
        if name == chosen:
            found = dataclasses.replace(config, distillation=with_options(distillation, values))
    return found


@_dimension("weights", STUDENT, usual=True)
def _weights_of_method(config, hp, network, methods):
    """Those of the configuration's method: of α to δ those above 0, and those of its other terms."""
    if "method" in hp.values:
        return config
    values = _weights(config.distillation, hp)
    return dataclasses.replace(config, distillation=with_options(config.distillation, values))


@contextlib.contextmanager
def _of_spectrograms(config: RunConfig, hp) -> Iterator[bool]:
    """What is asked for inside is of students that see a spectrogram: whether the configuration's may be one."""
    if "backbone" in hp.values:
        with hp.conditional_scope("backbone", list(IMAGE_BACKBONES)):
            yield True
    else:
        yield not config.student.hears_speech


def _weights(config, hp) -> dict[str, float]:
    """The values of a trial for the weights that are above 0; None where their method is not the trial's."""
    names = {weight: f"{weight}_{modality}" for modality, weight in WEIGHTS.items()}  # as trials are listed
    found = {}
    for option, value in weights_of(config).items():
        if option == "imitation" and config.imitation_chosen:
            continue  # it is chosen by other means
        name, most = names.get(option, option), range_of(option).high
        if most == 1:
            low, high, step = SHARES
            found[option] = hp.Float(name, low, high, step=step, default=value)
        else:
            high = min(value * SPAN, most)
            found[option] = hp.Float(name, value / SPAN, high, sampling="log", default=value)
    return found


def strengthened(config: AugmentationConfig, strength: float) -> AugmentationConfig:
    """An augmentation that changes samples so many times as much; 0 leaves them as they are.

    Masks get longer and wider, shifts and scales larger, and more of a signal is cut away, as far as options allow.
    """
    if not strength:
        return dataclasses.replace(config, enabled=False)
    shares = ("time_mask_share", "gaf_scale", "colour_scale", "colour_shift")
    return dataclasses.replace(
        config,
        **{name: min(1.0, strength * getattr(config, name)) for name in shares},
        gaf_shift=min(2.0, strength * config.gaf_shift),
        gaf_crop=max(0.1, 1 - strength * (1 - config.gaf_crop)),
        frequency_mask_bands=round(strength * config.frequency_mask_bands),
        frame_jitter=round(strength * config.frame_jitter),
    )


def _training(config: RunConfig, network: str):
    return getattr(config, f"{network}_training")


def _trained(config: RunConfig, network: str, **values) -> RunConfig:
    return dataclasses.replace(
        config, **{f"{network}_training": dataclasses.replace(_training(config, network), **values)}
    )


def _changed(config: RunConfig, network: str, **values) -> RunConfig:
    return dataclasses.replace(config, **{network: dataclasses.replace(getattr(config, network), **values)})
