"""A span of a signal's window."""

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("gaf_crop", "signal", "a span of the field")
def crop(field, generator, config: AugmentationConfig):
    return crop_gaf(field, generator, config.gaf_crop)


def crop_gaf(field, generator, least_share: float):
    """Keep a random span of the signal's time: a square on the diagonal of its Gramian angular field.

    Args:
        field: (S, S, 1).
        least_share: of the window, the shortest span that is kept.
    """
    side = len(field)
    kept = max(round(side * generator.uniform(least_share, 1.0)), 1)
    start = generator.integers(side - kept + 1)
    return field[start : start + kept, start : start + kept]
