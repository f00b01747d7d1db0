"""What `students.py` says of a backbone besides its scores: whom it knows, what disturbs it, what its files cost."""

from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.analysis.probes.identity import identity_probe
from stressid_keras.analysis.robustness import robustness_predictions
from stressid_keras.config import ExportOptions, RobustnessConfig
from stressid_keras.export.deployed_windows import deployed_windows
from stressid_keras.export.export import Deployment, export_student
from stressid_keras.export.unseen import Unseen
from stressid_keras.models.backbones import student_blocks
from stressid_keras.preprocessing.waveforms import window_waveforms
from stressid_keras.workflow import RunContext, prepare
from stressid_keras.workflow.analysis import network_outputs
from stressid_keras.workflow.part_windows import part_rows, recordings

CORRUPTIONS = RobustnessConfig(
    white_noise=(10.0,),
    babble=(10.0,),
    reverberation=(0.8,),
    telephone=(1.0,),
    clipping=(),
    gain_down=(-20.0,),
    gain_up=(),
    mp3=(16.0,),
    shorter=(2.0,),
)
VARIANTS = ("float32", "fp16", "int8")
N_VOICES, N_CALIBRATION = 12, 16  # windows


def identity(context: RunContext, student) -> dict:
    """How well the feature tells the test people of a fold apart."""
    rows = part_rows(context, "test")
    manifest = prepare(context).manifest.iloc[rows]
    feature = network_outputs(context, student, rows)["feature"]
    return identity_probe(feature, manifest["subject"].to_numpy(), manifest["recording"].to_numpy())


def corrupted_predictions(context: RunContext, student) -> pd.DataFrame:
    """Of the test windows of a fold, clean and corrupted, of the model "student_ce"."""
    voices = [(row["subject"], waveform) for row, waveform in waveforms(context, "train", N_VOICES)]
    return robustness_predictions(
        {"student_ce": student},
        waveforms(context, "test"),
        voices,
        context.config.preparation.audio,
        prepare(context).class_names,
        CORRUPTIONS,
        context.config.seed,
    )


def exported(context: RunContext, student, folder: Path) -> dict[str, dict]:
    """Of each variant, checked on the test windows of a fold: `bytes`, `latency_ms`, `peak_memory_mib`, …

    Its window is the usual one, however short the recordings are.
    """
    audio, names = context.config.preparation.audio, prepare(context).class_names
    samples = round(ExportOptions.seconds * audio.sample_rate)
    calibration = [
        window
        for _, waveform in waveforms(context, "train", N_CALIBRATION)
        for window in deployed_windows(waveform, samples)
    ]
    unseen = [Unseen(row, "test", waveform) for row, waveform in waveforms(context, "test")]
    blocks = student_blocks(context.config.student)
    deployment = Deployment("student", student, audio, samples, names, {}, "For a benchmark.", blocks)
    return export_student(deployment, folder, VARIANTS, calibration, [], unseen)["variants"]


def waveforms(context: RunContext, part: str, most: int | None = None) -> list[tuple[pd.Series, np.ndarray]]:
    """Manifest row and waveform of the windows of a part, or of some that are spread over them."""
    rows = part_rows(context, part)
    if most is not None:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
    return list(window_waveforms(prepare(context), rows, recordings(context, rows)))
