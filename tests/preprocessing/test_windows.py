"""Windows follow design.md §2: one always, later ones where half a window remains."""

import pytest

from stressid_keras.config import PreparationConfig
from stressid_keras.preprocessing.windows import modality_spans, window_spans


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (4, [(0, 4)]),
        (60, [(0, 60)]),
        (65, [(0, 60)]),
        (89.9, [(0, 60)]),
        (90, [(0, 60), (60, 90)]),
        (150, [(0, 60), (60, 120), (120, 150)]),
        (185, [(0, 60), (60, 120), (120, 180)]),
    ],
)
def test_spans_of_a_recording(seconds, expected):
    assert window_spans({"audio": 1.0, "video": seconds}, PreparationConfig()) == expected


def test_windows_may_overlap():
    spans = window_spans({"ecg": 80.0}, PreparationConfig(window_seconds=40, hop_seconds=20))
    assert spans == [(0, 40), (20, 60), (40, 80), (60, 80)]


def test_the_first_window_is_there_whatever_is_known():
    assert window_spans({}, PreparationConfig()) == [(0, 0)]


def test_a_modality_takes_what_it_has_of_the_first_window_and_needs_half_of_a_later_one():
    config = PreparationConfig()
    spans = window_spans({"ecg": 180.0}, config)
    assert modality_spans(180.0, spans, config) == [(0, 60), (60, 120), (120, 180)]
    assert modality_spans(95.0, spans, config) == [(0, 60), (60, 95), None]
    assert modality_spans(85.0, spans, config) == [(0, 60), None, None]
    assert modality_spans(3.0, spans, config) == [(0, 3), None, None]
