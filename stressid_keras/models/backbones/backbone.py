"""What a backbone is: how it is built, what it is called, and which of its layers go together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stressid_keras.config import IMAGE_BACKBONES, SPEECH_BACKBONES, StudentConfig
from stressid_keras.system.folder_registry import FolderRegistry

STUDENT_FEATURE = "feature"  # the name of the student's feature, and the prefix of its encoder's layers


@dataclass(frozen=True)
class Block:
    """Layers, by their names, that compute max-pooling, batch normalisation and ReLU of a convolution, in this order.

    An export folds the normalisation into the convolution, and decides for a block as a whole whether it computes with
    integers.

    Attributes:
        convolution: a `Conv2D` without bias and activation, into which the normalisation is folded.
        normalisation: a `MaskedBatchNormalization` of what the convolution gives, nothing but pooling between them.
        mask: the layer that takes its place once it is folded.
        pooling: a `MaxPooling2D`; empty where there is none.
        before: convolutions right before it, such as the one in space of a separable convolution.
    """

    convolution: str
    normalisation: str
    mask: str
    pooling: str = ""
    before: tuple[str, ...] = ()

    @property
    def convolutions(self) -> tuple[str, ...]:
        return (*self.before, self.convolution)


def no_blocks(name: str, filters: Sequence[int]) -> list[Block]:
    """Of a backbone that declares none: it is exported as it is, its convolutions in float."""
    return []


@dataclass(frozen=True)
class Backbone:
    """One architecture of an encoder.

    Attributes:
        name: of its file, and on the command line.
        summary: what it is, in the middle of a sentence.
        paper: that describes it; empty for the specification's.
        build: `(x, size, *, filters, feature_size, name)` → (B, feature_size), linear. x is (B, *spatial, C), zero
            beyond the true sizes; size int (B, d); a speech backbone gets statistics (B, n) and None for size. filters
            are the channels of each block; name is the prefix of the layers' names, and that of the layer which gives
            the feature.
        blocks: `(name, filters)` → the blocks that `build` makes, from first to last.
        keras_layers: classes of Keras's own layers that its files hold besides those that every network may have, see
            `training.keras_contents`.
        classifier: arguments of the student's classifier, a `Dense`, where they are not Keras's own.
    """

    name: str
    summary: str
    paper: str
    build: Callable
    blocks: Callable[[str, Sequence[int]], list[Block]] = no_blocks
    keras_layers: tuple[str, ...] = ()
    classifier: Mapping = field(default_factory=dict)


def register_backbone(
    registry: FolderRegistry,
    name: str,
    summary: str,
    paper: str = "",
    blocks=no_blocks,
    keras_layers=(),
    classifier=None,
):
    """A decorator that registers a builder; the arguments are the attributes of `Backbone`."""

    def decorate(build):
        registry.register(
            Backbone(name, summary, paper, build, blocks, tuple(keras_layers), classifier or {})
        )
        return build

    return decorate


def student_backbone(config: StudentConfig) -> Backbone:
    registry = SPEECH_BACKBONES if config.hears_speech else IMAGE_BACKBONES
    return registry[config.backbone]


def student_blocks(config: StudentConfig) -> list[Block]:
    """The blocks of a student's encoder, from first to last."""
    return student_backbone(config).blocks(STUDENT_FEATURE, config.widened_filters)
