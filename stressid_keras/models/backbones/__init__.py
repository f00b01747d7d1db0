"""Encoders: one modality and its true sizes in, a feature vector out, whatever the padding.

A file each, in the folder of what it takes: `image` for a log-mel spectrogram or a Gramian angular field, `film` for a
clip of frames, `speech` for what a pretrained speech encoder makes of one. Its name is that on the command line.
"""

from stressid_keras.config import FILM_BACKBONES, IMAGE_BACKBONES, SPEECH_BACKBONES
from stressid_keras.models.backbones.backbone import (
    Backbone,
    Block,
    register_backbone,
    student_backbone,
    student_blocks,
)

for _registry in (IMAGE_BACKBONES, FILM_BACKBONES, SPEECH_BACKBONES):
    tuple(_registry.values())  # imported, so that Keras knows the layers that they bring when it reads a file

__all__ = [
    "FILM_BACKBONES",
    "IMAGE_BACKBONES",
    "SPEECH_BACKBONES",
    "Backbone",
    "Block",
    "register_backbone",
    "student_backbone",
    "student_blocks",
]
