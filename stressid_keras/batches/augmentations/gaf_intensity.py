"""A signal that is stronger or weaker."""

import numpy as np

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("gaf_intensity", "signal", "intensity")
def jitter_intensity(field, generator, config: AugmentationConfig):
    """Scale and shift a whole Gramian angular field, within [-1, 1].

    Args:
        field: (S, S, 1) in [-1, 1].
    """
    if not config.gaf_scale and not config.gaf_shift:
        return field
    scale, shift = generator.uniform(-1.0, 1.0, 2).tolist()
    return np.clip(field * (1.0 + config.gaf_scale * scale) + config.gaf_shift * shift, -1.0, 1.0)
