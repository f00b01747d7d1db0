"""What augmentation does to a window: as prepared, and a few times as training sees it."""

import dataclasses

import numpy as np
from matplotlib.figure import Figure

from stressid_keras.batches.augmentation import augment, changes_of
from stressid_keras.batches.samples import decoded
from stressid_keras.config import AugmentationConfig
from stressid_keras.modalities import MODALITIES
from stressid_keras.reporting.pictures.recording import FIELD_STYLE, LOG_MEL_STYLE

SHOWN = {"audio": "log-mel", "video": "frames"}  # what of a modality, where it is not its field
HEIGHTS = {"audio": 1.8, "video": 0.8}  # inches; that of a field otherwise
FRAMES_SHOWN = 4


def augmentations_figure(
    windows: dict[str, np.ndarray], config: AugmentationConfig, seed: int = 0, draws: int = 3
) -> Figure:
    """A row for each modality: the prepared window, then `draws` random changes of it.

    Args:
        windows: prepared arrays of one window by modality, as `PreparedStore.read` gives them.
        config: the augmentation shown, switched on.
        seed: of the draws; the same gives the same picture.
    """
    config = dataclasses.replace(config, enabled=True)
    modalities = [modality for modality in MODALITIES if modality in windows]
    sample = {modality: decoded(modality, windows[modality]) for modality in modalities}
    drawn = [augment(sample, np.random.default_rng((seed, number)), config) for number in range(draws)]
    captions = {name: ", ".join(c.caption for c in changes) for name, changes in changes_of(sample).items()}
    titles = {
        name: f"{SHOWN.get(name, name.upper())}: {captions.get(name, 'as it is')}" for name in modalities
    }
    heights = [HEIGHTS.get(modality, 2.4) for modality in modalities]
    figure = Figure(figsize=(2.6 * (draws + 1), sum(heights)), layout="constrained")
    axes = figure.subplots(len(modalities), draws + 1, squeeze=False, height_ratios=heights)
    for row, modality in zip(axes, modalities, strict=True):
        for number, (place, values) in enumerate(zip(row, [sample, *drawn], strict=True)):
            _draw(place, modality, values[modality])
            place.set(xticks=[], yticks=[])
            place.set_title(titles[modality] if number == 0 else f"draw {number}", fontsize=9)
    return figure


def _draw(axes, modality: str, values: np.ndarray) -> None:
    if modality == "video":
        chosen = values[:: max(1, len(values) // FRAMES_SHOWN)][:FRAMES_SHOWN]
        axes.imshow(np.concatenate(list(chosen), axis=1))
    elif modality == "audio":
        axes.imshow(values[..., 0].T, aspect="auto", **LOG_MEL_STYLE)
    else:
        axes.imshow(values[..., 0], **{**FIELD_STYLE, "vmin": -1, "vmax": 1})
