"""Run in a process of its own, KERAS_BACKEND being set: a training on so many devices of the processor.

python run_on_devices.py FOLDER DEVICES DROPOUT METHODS: writes FOLDER/curve<process>.json: of a training on one device
and one on several, or in several processes of the latter alone, the history, what the kept network says, the devices.
In several processes, DEVICES is the number of each.
"""

import json
import os
import sys
from pathlib import Path

FOLDER, DEVICES, DROPOUT, METHODS = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
if os.environ["KERAS_BACKEND"] == "jax":
    flags = os.environ.get("XLA_FLAGS", "")  # as the other tests have them; before JAX is imported
    os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={DEVICES}"

import keras  # noqa: E402
import numpy as np  # noqa: E402

from stressid_keras.config import DistillationConfig, StudentConfig, TrainingConfig  # noqa: E402
from stressid_keras.distillation import build_distiller, with_methods  # noqa: E402
from stressid_keras.errors import StressIDError  # noqa: E402
from stressid_keras.modalities import PRIVILEGED  # noqa: E402
from stressid_keras.models import build_student  # noqa: E402
from stressid_keras.system.processes_together import processes_together  # noqa: E402
from stressid_keras.training.devices import devices, join_processes  # noqa: E402
from stressid_keras.training.fit import fit  # noqa: E402

SIZES = np.array([20, 11, 16, 7, 20, 13, 18, 9, 14, 15, 6, 12, 10])  # two batches: of eight, and of five
BATCH, MELS, EPOCHS = 8, 16, 3


class Batches(keras.utils.PyDataset):
    """Of all samples or of some, padded to the longest of each batch."""

    def __init__(self, rows=None):
        super().__init__()
        generator = np.random.default_rng(0)
        self.audio = [generator.random((size, MELS, 1)).astype("float32") for size in SIZES]
        self.features = {
            name: generator.normal(size=(len(SIZES), width)).astype("float32")
            for name, width in {**dict.fromkeys(PRIVILEGED, 5), "logits": 3}.items()
        }
        self.labels = (np.arange(len(SIZES)) % 3).astype("int32")
        self.rows = np.arange(len(SIZES)) if rows is None else np.array(rows)

    def __len__(self):
        return -(-len(self.rows) // BATCH)

    def __getitem__(self, index):
        rows = self.rows[index * BATCH : (index + 1) * BATCH]
        longest = max(SIZES[rows])
        padded = [np.pad(self.audio[row], ((0, longest - SIZES[row]), (0, 0), (0, 0))) for row in rows]
        x = {
            "audio": np.stack(padded),
            "audio_size": np.array([[SIZES[row], MELS] for row in rows], "int32"),
            "teacher_features": {name: values[rows] for name, values in self.features.items()},
        }
        return x, self.labels[rows]


def as_tf_data(batches):
    import tensorflow as tf

    signature = tf.nest.map_structure(
        lambda values: tf.TensorSpec(
            (None, *[None if n in SIZES else n for n in values.shape[1:]]), values.dtype
        ),
        batches[0],
    )
    dataset = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def distiller(methods):
    keras.utils.set_random_seed(0)
    student = build_student(
        3, MELS, StudentConfig(backbone="cnn", filters=(4, 4), feature_size=5, dropout=DROPOUT)
    )
    batches = Batches()
    model = build_distiller(student, with_methods(methods, DistillationConfig()), batches.features)
    model.adapt(batches.features)
    return model


def main():
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow as tf

        processor = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            processor, [tf.config.LogicalDeviceConfiguration()] * DEVICES
        )
    processes, process = processes_together()
    join_processes()
    found = {} if processes > 1 else {"one": trained("")}
    try:
        found["several"] = trained("data-parallel")
        if os.environ["KERAS_BACKEND"] == "tensorflow":
            trained("data-parallel", "mars+relational")
    except StressIDError as error:
        found["refused"] = str(error)
    (FOLDER / f"curve{process}.json").write_text(json.dumps(found))


def trained(distribution, methods=METHODS):
    process = processes_together()[1]
    path, curve = FOLDER / f"student{process}.keras", []
    with devices(distribution) as several:
        train, unseen = Batches(), Batches(range(BATCH, len(SIZES)))
        if os.environ["KERAS_BACKEND"] == "tensorflow":
            train, unseen = as_tf_data(train), as_tf_data(Batches(range(BATCH)))
        fit(
            distiller(methods),
            several.divide(train),
            several.divide(unseen),
            Batches().labels,
            TrainingConfig(epochs=EPOCHS, learning_rate=0.01, kept="last"),
            checkpoint=path,
            history=path.with_suffix(".csv"),
            progress=lambda epoch, logs: curve.append({name: float(value) for name, value in logs.items()}),
            several=several,
            resume_key="a training",
        )
    x, _ = Batches()[0]
    heard = {name: x[name] for name in ("audio", "audio_size")}
    logits = keras.saving.load_model(path).predict(heard, batch_size=BATCH, verbose=0)["logits"]
    return {"curve": curve, "logits": np.asarray(logits).tolist(), "devices": list(several.names)}


if __name__ == "__main__":
    main()
