"""Another signal is a record and what generates it: from the tree to a trained teacher nothing else knows of it."""

import subprocess
import sys
import textwrap

SIGNAL = """
import numpy as np


def temperature(arousal, person, rng, seconds, rate):
    time = np.arange(round(seconds * rate)) / rate
    return person.uniform(31, 35) - 0.2 * arousal * time + 0.05 * np.sin(time) + 0.01 * rng.standard_normal(len(time))
"""
RUN = """
import sys

from stressid_keras import modalities

modalities.register(
    modalities.signal(
        "temp",
        "skin temperature",
        weight="epsilon",
        version=1,
        generator="toy_signal:temperature",
        noise=0.1,
        field_size=16,
    )
)

from dataclasses import replace
from pathlib import Path

import keras

from stressid_keras import Run, RunConfig, SyntheticConfig, make_synthetic_tree
from stressid_keras.config import DistillationConfig, StudentConfig, TeacherConfig, TrainingConfig

folder = Path(sys.argv[1])
tree = make_synthetic_tree(folder / "tree", SyntheticConfig(subjects=4, tasks=3, seconds=3.0, temp_noise=0.05))
header = next(tree.rglob("*.txt")).read_text().splitlines()[0]
assert header == "ECG,EDA,RR,TEMP", header
training = TrainingConfig(epochs=1, run_eagerly=True)
config = RunConfig(
    teacher=TeacherConfig(video_filters=(2,), signal_filters=(2,), feature_size=4),
    student=StudentConfig(backbone="statistics", filters=(2,), feature_size=4),
    teacher_training=training,
    student_training=training,
    distillation=DistillationConfig(epsilon=2.0),
)
config = RunConfig.from_dict(config.to_dict())
assert config.preparation.gaf.size("temp") == 16
run = Run(tree, folder / "prepared", folder / "run", config)
assert run.store.complete.all()
assert run.store.manifest["temp_flat_share"].notna().all()
teacher = keras.models.load_model(run.teacher())
assert {"temp", "temp_size"} <= set(teacher.input)
assert teacher.output["temp"].shape == (None, 4)
history = run.student().with_name("history_student.csv").read_text().splitlines()[0]
assert "mse_temp" in history, history
assert "epsilon" in run.evaluate()["method"]["weights"]
assert "skin temperature" in (folder / "run" / "model_card.md").read_text()
"""


def test_another_signal_goes_all_the_way(tmp_path):
    (tmp_path / "toy_signal.py").write_text(textwrap.dedent(SIGNAL))
    (tmp_path / "toy_run.py").write_text(textwrap.dedent(RUN))
    made = subprocess.run(
        [sys.executable, "-W", "ignore", tmp_path / "toy_run.py", tmp_path], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr[-3000:]


def test_a_modality_has_a_name_of_its_own():
    script = "from stressid_keras import modalities; modalities.register(modalities.RECORDS['eda'])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "StressIDError: modality 'eda' is registered twice" in result.stderr
