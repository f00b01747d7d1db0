"""What the student listens to: how its probabilities change when a piece of what it hears is hidden.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. It needs predictions alone, no
gradients, so it is the same on every backend, and its unit is one that a reader knows: a probability.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy.special import softmax

from stressid_keras.analysis.hearing import Ear
from stressid_keras.analysis.inspection.patches import patches
from stressid_keras.config import InspectionConfig
from stressid_keras.errors import StressIDError


def occlusion_maps(
    networks: Mapping[str, "keras.Model"],  # noqa: F821  Keras is not imported for its name
    ear: Ear,
    picture: np.ndarray,
    label: int | None = None,
    config: InspectionConfig | None = None,
) -> dict[str, np.ndarray]:
    """How far the probability of a class falls when a patch of the window is hidden.

    A hidden patch takes each band's mean over the window. The floor of the log-mel instead would be a silence cut into
    speech: an event with sharp edges, which the network has not heard before and which says something itself, for
    pauses belong to stress. With the mean, what the patch holds beyond the window's average spectrum is gone.

    Args:
        networks: students by name, which all hear in this way: each hidden patch is heard once for all of them.
        ear: how they hear, see `hearing`.
        picture: (T, bands) float of what is heard, without padding; a log-mel in [0, 1].
        label: the class; None: the one that a network predicts for the whole window.
        config: numbers of patches.

    Returns:
        By name, (time_patches, band_patches) float64: positive where the patch speaks for the class, negative where
        against.

    Raises:
        StressIDError: the picture has another shape or range, or there is no such class.
    """
    config = config or InspectionConfig()
    _check_window(picture, ear)
    times = patches(picture.shape[0], config.time_patches)
    bands = patches(picture.shape[1], config.band_patches)
    hidden = (_hide(picture, time, band, picture.mean(axis=0)) for time in times for band in bands)
    found = _probabilities(networks, ear, itertools.chain([picture], hidden), config.batch_size)
    return {
        name: _drops(probabilities, int(probabilities[0].argmax()) if label is None else label).reshape(
            len(times), len(bands)
        )
        for name, probabilities in found.items()
    }


def band_importances(
    networks: Mapping[str, "keras.Model"],  # noqa: F821  Keras is not imported for its name
    ear: Ear,
    windows: Sequence[np.ndarray],
    labels: Sequence[int],
    config: InspectionConfig | None = None,
) -> dict[str, np.ndarray]:
    """How far the probability of the true class falls when a band is hidden in the whole window.

    A hidden band takes its mean over all the windows, each weighted alike: its mean over the window would leave the
    window's level in the band, which a network can go by (a microphone, a voice). A single window is its own mean.

    Args:
        networks, ear: as for `occlusion_maps`.
        windows: n pictures (T, bands), as for `occlusion_maps`; T may differ.
        labels: (n,) true classes.
        config: number of bands.

    Returns:
        By name, (n, bands) float64.

    Raises:
        StressIDError: no windows, another number of labels, mel bands that differ, or as for `occlusion_maps`.
    """
    config = config or InspectionConfig()
    _check_windows(windows, labels, ear)
    means = np.mean([window.mean(axis=0) for window in windows], axis=0)
    bands = patches(len(means), config.bands)
    rows = {name: [] for name in networks}
    for window, label in zip(windows, labels, strict=True):
        hidden = (_hide(window, slice(None), band, means) for band in bands)
        found = _probabilities(networks, ear, itertools.chain([window], hidden), config.batch_size)
        for name, probabilities in found.items():
            rows[name].append(_drops(probabilities, int(label)))
    return {name: np.stack(drops) for name, drops in rows.items()}


def _hide(picture: np.ndarray, time: slice, band: slice, means: np.ndarray) -> np.ndarray:
    hidden = picture.copy()
    hidden[time, band] = means[band]
    return hidden


def _probabilities(
    networks, ear: Ear, pictures: Iterable[np.ndarray], batch_size: int
) -> dict[str, np.ndarray]:
    """By name, (n, k) float64 of n pictures of one length."""
    import keras

    logits = {name: [] for name in networks}
    for batch in _batches(pictures, batch_size):
        heard = ear.looked_at(batch)
        for name, network in networks.items():
            logits[name].append(keras.ops.convert_to_numpy(network(heard, training=False)["logits"]))
    return {name: softmax(np.concatenate(some).astype(np.float64), axis=1) for name, some in logits.items()}


def _batches(items: Iterable, size: int) -> Iterator[list]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _drops(probabilities: np.ndarray, label: int) -> np.ndarray:
    """The first row's probability of a class minus that of every other row."""
    if not 0 <= label < probabilities.shape[1]:
        raise StressIDError(f"label is {label}; expected a class from 0 to {probabilities.shape[1] - 1}.")
    return probabilities[0, label] - probabilities[1:, label]


def _check_windows(windows: Sequence[np.ndarray], labels: Sequence[int], ear: Ear) -> None:
    if not len(windows) or len(windows) != len(labels):
        raise StressIDError(
            f"there are {len(windows)} windows and {len(labels)} labels; expected a label for each of 1 or more."
        )
    for window in windows:
        _check_window(window, ear)
    if len(found := {window.shape[1] for window in windows}) > 1:
        raise StressIDError(f"the windows have {sorted(found)} mel bands; expected the same number in all.")


def _check_window(picture: np.ndarray, ear: Ear) -> None:
    shape, most = np.shape(picture), ear.greatest
    if len(shape) != 2 or 0 in shape:
        raise StressIDError(f"the picture has shape {shape}; expected (frames, mel bands).")
    least, greatest = picture.min(), picture.max()
    expected = (
        "finite floats of 0 or more"
        if most is None
        else f"floats from 0 to {most:g}: `from_stored` makes them of what the store holds"
    )
    if not (
        np.issubdtype(picture.dtype, np.floating)
        and np.isfinite(greatest)  # NaN, too, if one is anywhere
        and least >= 0
        and (most is None or greatest <= most)
    ):
        raise StressIDError(
            f"the picture holds {picture.dtype} from {least} to {greatest}; expected {expected}."
        )
