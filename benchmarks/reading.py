"""Reading prepared samples: the prepared store against PNG files through tf.data."""

import tempfile
from pathlib import Path

import cv2
import numpy as np
from compare import Comparison, compare

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree
from stressid_keras.modalities import MODALITIES
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.encoding import narrow
from stressid_keras.store.store import PreparedStore

SUBJECTS, TASKS = 3, 1
SECONDS = 60.0  # a full window
PASSES = 20  # over the samples, so that starting tf.data does not count


def compare_reading(repeats: int) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        config = SyntheticConfig(subjects=SUBJECTS, tasks=TASKS, seconds=SECONDS)
        tree = make_synthetic_tree(Path(folder) / "tree", config)
        store = prepare_dataset(
            index_dataset(tree, DatasetConfig()), Path(folder) / "store", PreparationConfig()
        )
        images = _write_images(store, Path(folder) / "images")
        return compare(
            f"{PASSES * len(store)} samples, store against PNG",
            lambda: _read_store(store),
            _png_reader(images),
            _same,
            repeats,
        )


def _read_store(store: PreparedStore) -> list[np.ndarray]:
    for _ in range(PASSES):
        samples = [store.read(row, modality) for row in range(len(store)) for modality in MODALITIES]
    return samples


def _png_reader(images: list[list[Path]]):
    """A tf.data pipeline that decodes the images of one sample at a time, as Keras' image loaders do."""
    import tensorflow as tf

    paths = [str(path) for sample in images for path in sample]
    decode = tf.data.Dataset.from_tensor_slices(paths).map(
        lambda path: tf.io.decode_image(tf.io.read_file(path), expand_animations=False), num_parallel_calls=1
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    dataset = decode.repeat(PASSES).with_options(options)

    def read():
        decoded = [image.numpy() for image in dataset]
        return decoded[-len(paths) :]

    return read


def _write_images(store: PreparedStore, folder: Path) -> list[list[Path]]:
    """A PNG of 8 bits per spectrogram and field, the 16 frames of a video beneath each other in one."""
    folder.mkdir()
    written = []
    for row in range(len(store)):
        paths = [folder / f"{row}_{modality}.png" for modality in MODALITIES]
        for path, modality in zip(paths, MODALITIES, strict=True):
            array = narrow(store.read(row, modality))
            if modality == "video":
                array = cv2.cvtColor(array.reshape(-1, *array.shape[2:]), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), array)
        written.append(paths)
    return written


def _same(ours: list[np.ndarray], reference: list[np.ndarray]) -> str:
    for left, right in zip(ours, reference, strict=True):
        np.testing.assert_array_equal(narrow(left).ravel(), right.ravel())
    return "identical"  # to the 8 bits of the images
