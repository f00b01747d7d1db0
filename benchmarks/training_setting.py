"""What both sides of `training.py` train: shapes, sizes, rates, weights, and how their files are read."""

from pathlib import Path

from stressid_keras.modalities import PHYSIOLOGICAL

BATCH_SIZE = 8
SHAPES = {  # of a batch: the default windows of a minute and of ten seconds
    seconds: {
        "audio": (frames, 128, 1),
        "video": (16, 63, 112, 3),
        **dict.fromkeys(PHYSIOLOGICAL, (field, field, 1)),
    }
    for seconds, frames, field in (("60s", 1876, 64), ("10s", 313, 11))
}
SMALL_MELS = 64
MULTIPLE_FRAMES = 1872  # of sixteen: Keras's own normalisation sees no padding then
# A small rate, because AdamW's first steps go by the sign of gradients that may be noise; Keras's epsilon, not torch's.
LEARNING_RATE, WEIGHT_DECAY, EPSILON = 1e-4, 1e-4, 1e-7
WEIGHTS = {"video": 1.0, "ecg": 0.5, "eda": 2.0, "rr": 0.25}


def read(folder: Path, seconds: str) -> dict:
    import numpy as np

    with np.load(folder / f"{seconds}.npz") as file:
        return dict(file)


def sizes_of(batch: dict) -> dict:
    import numpy as np

    return {
        f"{name}_size": np.tile(values.shape[1:-1], (len(values), 1)).astype("int32")
        for name, values in batch.items()
    }
