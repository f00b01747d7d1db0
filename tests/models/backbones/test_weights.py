"""Weights keep their names and their order: files of before load, and a seed gives the weights that it gave."""

import pytest

from stressid_keras.config import StudentConfig, TeacherConfig
from stressid_keras.models import build_student, build_teacher

NORM = ("gamma", "beta", "moving_mean", "moving_variance")
FEATURE = ["/kernel", "/bias"]


def norm(layer):
    return [f"{layer}/{weight}" for weight in NORM]


WEIGHTS = {  # of an encoder with two blocks, behind the prefix
    "cnn": ["_conv1/kernel", *norm("_norm1"), "_conv2/kernel", *norm("_norm2"), *FEATURE],
    "statistics": [
        *("_conv1/kernel", *norm("_norm1"), "_conv2/kernel", *norm("_norm2")),
        *("_bands/kernel", *FEATURE),
    ],
    "separable": [
        *("_conv1/kernel", *norm("_norm1")),
        *("_depthwise2/kernel", "_conv2/kernel", *norm("_norm2"), *FEATURE),
    ],
    "residual": [
        *("_conv1/kernel", *norm("_norm1"), "_residual1_conv1/kernel", *norm("_residual1_norm1")),
        *("_residual1_conv2/kernel", *norm("_residual1_norm2")),
        *("_conv2/kernel", *norm("_norm2"), "_residual2_conv1/kernel", *norm("_residual2_norm1")),
        *("_residual2_conv2/kernel", *norm("_residual2_norm2"), *FEATURE),
    ],
    "cnn3d": ["_conv1/kernel", *norm("_norm1"), "_conv2/kernel", *norm("_norm2"), *FEATURE],
    "r2plus1d": [
        *("_space1/kernel", *norm("_space1_norm"), "_time1/kernel", *norm("_norm1")),
        *("_space2/kernel", *norm("_space2_norm"), "_time2/kernel", *norm("_norm2"), *FEATURE),
    ],
}


def paths(model, prefix):
    found = [weight.path for weight in model.weights if "seed_generator" not in weight.path]
    return [path.removeprefix(prefix) for path in found if path.startswith((f"{prefix}_", f"{prefix}/"))]


@pytest.mark.parametrize("backbone", ["cnn", "statistics", "separable", "residual"])
def test_of_a_student(backbone):
    student = build_student(3, 16, StudentConfig(filters=(4, 4), feature_size=8, backbone=backbone))
    assert paths(student, "feature") == WEIGHTS[backbone]


@pytest.mark.parametrize(("video", "signal"), [("cnn3d", "cnn"), ("r2plus1d", "residual")])
def test_of_a_teacher(video, signal):
    config = TeacherConfig((4, 4), (4, 4), 8, video_backbone=video, signal_backbone=signal)
    teacher = build_teacher(3, config)
    assert paths(teacher, "video_feature") == WEIGHTS[video]
    for name in ("ecg", "eda", "rr"):
        assert paths(teacher, f"{name}_feature") == WEIGHTS[signal]
