"""Distil any two Keras models: what a teacher knows of one input, a student learns to hear in another."""

import keras
import numpy as np

from stressid_keras import Distiller
from stressid_keras.distillation.methods import SoftTargets

keras.utils.set_random_seed(0)
generator = np.random.default_rng(0)
classes = generator.integers(0, 3, 600)
body = generator.normal(size=(600, 8)) + 2.0 * np.eye(3, 8)[classes]  # says much of the class
sound = generator.normal(size=(600, 12)) + 1.0 * np.eye(3, 12)[classes]  # says less of it
x = {"body": body.astype("float32"), "sound": sound.astype("float32")}
train, test = slice(0, 400), slice(400, 600)


def network(name, width, feature, size):
    """Any model will do that gives `logits` and a feature."""
    entry = keras.Input((width,), name=name)
    found = keras.layers.Dense(size)(keras.layers.Dense(16, "relu")(entry))
    return keras.Model({name: entry}, {"logits": keras.layers.Dense(3)(found), feature: found})


def rows(part, *names):
    return {name: x[name][part] for name in names}


def accuracy(model):
    logits = model.predict(rows(test, *model.input), verbose=0)["logits"]
    return (logits.argmax(-1) == classes[test]).mean()


teacher = network("body", 8, "heart", 6)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
teacher.compile(keras.optimizers.Adam(0.01), {"logits": loss})
teacher.fit(rows(train, "body"), {"logits": classes[train]}, epochs=15, verbose=0)

student = network("sound", 12, "feature", 4)
distiller = Distiller(
    student,
    teacher,  # frozen, in inference mode
    weights={"heart": 1.0},  # of the mean squared error towards the teacher's feature
    projection="linear",  # for the features differ in width; thrown away afterwards
    terms=[SoftTargets(1.0)],
)
distiller.compile(keras.optimizers.Adam(0.01))
history = distiller.fit(rows(train, "body", "sound"), classes[train], epochs=15, verbose=0).history

print("terms of the loss:", ", ".join(history))
print(
    f"teacher, on samples that neither saw: {accuracy(teacher):.2f}; student: {accuracy(student):.2f}; chance: 0.33"
)
student.save("student.keras")
print("the student asks for", " and ".join(keras.models.load_model("student.keras").input), "alone")
