"""Run in a process of its own, KERAS_BACKEND being set: what one backend computes, for the others to agree with.

python run_on_backend.py FOLDER: writes FOLDER/<backend>.json and <backend>_{student,teacher,distiller}.keras, after
having loaded the files that other backends left there.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from stressid_keras.config import DistillationConfig, StudentConfig, TeacherConfig
from stressid_keras.distillation import build_distiller, with_methods
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.models import build_student, build_teacher

METHODS = "mars+projection-hidden+standardised+logits+generalised+relational+contrastive+measures+confidence"
SAMPLES, BATCH, EPOCHS = 22, 6, 5  # four steps an epoch, the last one smaller: twenty


def main(folder: Path):
    backend = keras.backend.backend()
    student, teacher = networks()
    x, y = samples()
    stored = teacher_outputs(teacher, x)
    data = ({name: x[name] for name in student.input} | {"teacher_features": stored}, y)
    model = build_distiller(student, with_methods(METHODS, DistillationConfig()), stored)
    set_weights(model)
    model.adapt(stored)
    model.compile(keras.optimizers.AdamW(1e-3, weight_decay=1e-2))
    found = {"terms": model.evaluate(batches(*data), verbose=0, return_dict=True)}
    history = model.fit(
        batches(*data), epochs=EPOCHS, shuffle=False, verbose=0, class_weight={0: 0.5, 1: 1.0, 2: 2.0}
    ).history
    found["curve"] = {name: [float(value) for value in values] for name, values in history.items()}
    found["predictions"] = predictions(student, teacher, x)
    found["loaded"] = {}
    for path in sorted(folder.glob("*_student.keras")):
        other = path.name.removesuffix("_student.keras")
        found["loaded"][other] = load(folder, other, x)
    student.save(folder / f"{backend}_student.keras")
    teacher.save(folder / f"{backend}_teacher.keras")
    model.save(folder / f"{backend}_distiller.keras")
    (folder / f"{backend}.json").write_text(json.dumps(found))


def load(folder: Path, backend: str, x) -> dict:
    """What the networks of a backend's files predict here."""
    distiller = keras.models.load_model(folder / f"{backend}_distiller.keras", safe_mode=True)
    names = ("student", "teacher")
    networks = [keras.models.load_model(folder / f"{backend}_{name}.keras", safe_mode=True) for name in names]
    found = predictions(*networks, x)
    inputs = {name: x[name] for name in distiller.student.input}
    found["distiller"] = distiller.predict(inputs, batch_size=SAMPLES, verbose=0)["logits"].tolist()
    return found


def networks():
    student = build_student(
        3, 16, StudentConfig(backbone="statistics", filters=(4,), feature_size=10, dropout=0.0)
    )
    teacher = build_teacher(3, TeacherConfig(video_filters=(2,), signal_filters=(2,), feature_size=7))
    for model in (student, teacher):
        set_weights(model)
    return student, teacher


def set_weights(model):
    """The same on every backend: by NumPy, in the order of the weights."""
    generator = np.random.default_rng(0)
    for weight in model.weights:
        values = 0.3 * generator.normal(size=weight.shape)
        if "variance" in weight.path:
            values = 0.5 + np.abs(values)
        weight.assign(values + 1.0 if "gamma" in weight.path else values)


def samples():
    generator = np.random.default_rng(1)
    shapes = {"audio": (20, 16, 1), "video": (4, 8, 8, 3), **dict.fromkeys(("ecg", "eda", "rr"), (8, 8, 1))}
    x = {name: generator.random((SAMPLES, *shape)).astype("float32") for name, shape in shapes.items()}
    x |= {f"{name}_size": np.tile(shape[:-1], (SAMPLES, 1)).astype("int32") for name, shape in shapes.items()}
    return x, (np.arange(SAMPLES) % 3).astype("int32")


def teacher_outputs(teacher, x):
    outputs = predict(teacher, x)
    measures = np.random.default_rng(2).normal(size=(SAMPLES, 5)).astype("float32")
    measures[::4, 1:3] = np.nan
    return {name: outputs[name] for name in (*PRIVILEGED, "logits")} | {"eda_measures": measures}


def batches(x, y):
    """tf.data on every backend that has TensorFlow beside it, else a PyDataset."""
    try:
        import tensorflow as tf
    except ImportError:
        return Batches(x, y)
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return -(-SAMPLES // BATCH)

    def __getitem__(self, index):
        part = slice(index * BATCH, (index + 1) * BATCH)
        return keras.tree.map_structure(lambda values: values[part], (self.x, self.y))


def predictions(student, teacher, x) -> dict:
    return {
        "student": predict(student, x)["logits"].tolist(),
        "teacher": predict(teacher, x)["logits"].tolist(),
    }


def predict(model, x) -> dict:
    """In one batch and one graph: JAX would compile every operation of its own otherwise."""
    return model.predict({name: x[name] for name in model.input}, batch_size=SAMPLES, verbose=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
