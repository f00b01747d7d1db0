"""What a pretrained speech encoder makes of the voice, and two layers on top of it."""

from keras import layers, regularizers

from stressid_keras.config import SPEECH_BACKBONES
from stressid_keras.models.backbones.backbone import register_backbone

DROPOUT = 0.5  # of the statistics, many of which say the same
# On every kernel: these layers are linear, and learn a few hundred windows by heart as a logistic regression without a
# penalty does.
PENALTY = regularizers.L2(0.03)
BOTTLENECK = (
    64  # between statistics and feature: a matrix of both sizes would be a sixth of the exported file
)


@register_backbone(
    SPEECH_BACKBONES,
    "speech",
    "pretrained speech encoder (three LSTM layers, frozen; mean and deviation over time of the upper two)",
    "L. Wan, Q. Wang, A. Papir, I. Lopez Moreno, “Generalized end-to-end loss for speaker verification”, ICASSP 2018, "
    "arXiv:1710.10467",
    keras_layers=("Normalization",),
    # Trained on few people, a classifier never unlearns what random first weights make of a thousand statistics.
    classifier={"kernel_initializer": "zeros", "kernel_regularizer": PENALTY},
)
def speech(x, size, *, filters, feature_size, name):
    x = layers.Normalization(name=f"{name}_standardised")(x)
    x = layers.Dropout(DROPOUT, name=f"{name}_statistics_dropout")(x)
    x = layers.Dense(BOTTLENECK, kernel_regularizer=PENALTY, name=f"{name}_bottleneck")(x)
    return layers.Dense(feature_size, kernel_regularizer=PENALTY, name=name)(x)
