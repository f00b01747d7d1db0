"""The sides that `training.py` compares, each served by a process of its own.

python benchmarks/training_sides.py SIDE FOLDER THREADS: for each number read from the input it takes that many training
steps and answers with a line of JSON: wall and CPU seconds per step and the terms of the last step's loss. Asked for
`flops`, a side in PyTorch answers with the floating-point operations of a step. Each side has a process of its own,
because TensorFlow's and torch's idle threads spin for a while and would cost each other time.

`FOLDER` holds what `python benchmarks/training_sides.py prepare FOLDER THREADS` writes: batches and the first weights.
"""

import json
import os
import sys
import time
from pathlib import Path

from training_setting import (
    BATCH_SIZE,
    EPSILON,
    LEARNING_RATE,
    SHAPES,
    SMALL_MELS,
    WEIGHT_DECAY,
    WEIGHTS,
    read,
    sizes_of,
)

from stressid_keras.modalities import PRIVILEGED


def main():
    side, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    if side == "prepare":
        prepare(folder)
        return
    step, terms = (torch_step if side.endswith(" torch") else keras_step)(side, folder, threads)
    for line in sys.stdin:
        if line.strip() == "flops":
            print(json.dumps(flops(step)), file=answers, flush=True)
            continue
        steps = int(line)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(steps):
            state = step()
        values = terms(state)
        seconds = {"wall": (time.perf_counter() - wall) / steps, "cpu": (time.process_time() - cpu) / steps}
        print(json.dumps({**seconds, "terms": values}), file=answers, flush=True)


def prepare(folder: Path) -> None:
    """Batches `<seconds>.npz`, and the networks with their first weights, as `.keras` and `.npz`."""
    import keras
    import numpy as np

    from stressid_keras.config import StudentConfig, TeacherConfig
    from stressid_keras.models import build_student, build_teacher

    keras.utils.set_random_seed(0)
    teacher = build_teacher(3, TeacherConfig(dropout=0.0, modality_dropout=0.0))  # chance differs by library
    student = build_student(3, 128, StudentConfig(dropout=0.0, backbone="cnn"))
    for name, network in {"teacher": teacher, "student": student}.items():
        network.save(folder / f"{name}.keras")
        weights = {
            variable.path.removeprefix(f"{name}/"): keras.ops.convert_to_numpy(variable)
            for variable in network.variables
        }
        np.savez(folder / f"{name}.npz", **weights)
    generator = np.random.default_rng(0)
    for seconds, shapes in SHAPES.items():
        batch = {
            name: generator.uniform(-1 if shape[-1] == 1 and name != "audio" else 0, 1, (BATCH_SIZE, *shape))
            for name, shape in shapes.items()
        }
        batch = {name: values.astype("float32") for name, values in batch.items()}
        sizes = sizes_of(batch)
        features = teacher.predict_on_batch({name: (batch | sizes)[name] for name in teacher.input})
        stored = {f"feature_{name}": features[name] for name in PRIVILEGED}
        labels = generator.integers(0, 3, BATCH_SIZE).astype("int32")
        np.savez(folder / f"{seconds}.npz", **batch, **sizes, **stored, labels=labels)


def keras_step(side: str, folder: Path, threads: int):
    """A function that takes one training step as `fit` does, and one that reads the terms of its loss."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)
    from keras_sides import SIDES

    model, x, y, names = SIDES[side](folder)
    if not model.compiled:
        model.compile(keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY))

    def terms(logs):
        model.reset_metrics()  # what is logged is the mean since the last reset
        return {name: float(logs[key]) for name, key in names.items()}

    if keras.backend.backend() != "tensorflow":
        return lambda: model.train_on_batch(x, y, return_dict=True), terms
    model.make_train_function()
    batches = iter(unknown_shapes((x, y)))
    return lambda: model.train_function(batches), terms


def flops(step) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def unknown_shapes(batch):
    """The batch for ever, its axes unknown to the graph, as those of padded batches are."""
    import keras
    import tensorflow as tf

    def forget(tensor):
        is_image = tensor.shape.rank > 2
        mels = tensor.shape[2:] if is_image and tensor.shape[2] in (128, SMALL_MELS) else tensor.shape[-1:]
        shape = [None] * (tensor.shape.rank - len(mels)) + mels if is_image else tensor.shape
        return tf.compat.v1.placeholder_with_default(tensor, shape)

    return tf.data.Dataset.from_tensors(batch).repeat().map(lambda *b: keras.tree.map_structure(forget, b))


def torch_step(side: str, folder: Path, threads: int):
    """A function that takes one training step in plain PyTorch, channels-last, float32, and one that reads the loss."""
    import numpy as np
    import torch
    from torch.nn import functional
    from torch_networks import Student, Teacher, load_weights

    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name, seconds, _ = side.split()
    filters = (16, 32, 64, 128)
    network = Teacher(3, filters, filters, 256) if name == "teacher" else Student(3, filters, 256)
    with np.load(folder / f"{name}.npz") as weights:
        load_weights(network, weights)
    network.to(device).train()
    for module in network.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Conv3d)):
            is_video = isinstance(module, torch.nn.Conv3d)
            module.to(memory_format=torch.channels_last_3d if is_video else torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, eps=EPSILON)
    batch = {key: torch.from_numpy(values).to(device) for key, values in read(folder, seconds).items()}
    y = batch["labels"].long()
    x = {key: batch[key].movedim(-1, 1) for key in SHAPES[seconds]}  # a view: channels stay last in memory

    def step():
        optimizer.zero_grad(set_to_none=True)
        outputs = network(x)
        loss = cross_entropy = functional.cross_entropy(outputs["logits"], y)
        terms = {"cross_entropy": cross_entropy}
        if name == "student":
            for key, weight in WEIGHTS.items():
                terms[key] = functional.mse_loss(outputs["feature"], batch[f"feature_{key}"])
                loss = loss + weight * terms[key]
        loss.backward()
        optimizer.step()
        return terms

    return step, lambda terms: {key: float(value.detach()) for key, value in terms.items()}


if __name__ == "__main__":
    main()
