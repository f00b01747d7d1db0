"""A whole run, from raw files to predictions, on whichever backend Keras has."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import PipelineConfig, StudentConfig, TeacherConfig
from stressid_keras.workflow import RunContext, predict

pytestmark = pytest.mark.backend


def test_teacher_student_and_control_are_trained_and_asked(tiny_tree, tiny_store, compiled_config, tmp_path):
    config = dataclasses.replace(
        compiled_config,
        pipeline=PipelineConfig(batch_size=3),  # every batch is full: one shape, and JAX compiles once
        teacher=TeacherConfig(video_filters=(4,), signal_filters=(4,), feature_size=8),
        student=StudentConfig(backbone="statistics", filters=(4,), feature_size=8),
    )
    context = RunContext(tiny_tree, tiny_store.path, tmp_path, config)
    predict(context)  # trains all three
    found = pd.read_csv(tmp_path / "network_predictions.csv")
    assert set(found["model"]) == {"teacher", "student", "student_ce"}
    assert (found.groupby("model").size() == len(tiny_store)).all()
    np.testing.assert_allclose(found.filter(like="p_").sum(axis=1), 1.0, atol=1e-5)
    assert np.isfinite(pd.read_csv(tmp_path / "history_student.csv").to_numpy()).all()
