"""What cannot be one recording is refused with the lengths; what merely ends early is said."""

from pathlib import Path

import pytest

from stressid_keras.config import PreparationConfig
from stressid_keras.preprocessing.lengths import difference, implausible

PATHS = {
    "audio": Path("a.wav"),
    "video": Path("a.mp4"),
    "ecg": Path("a.txt"),
    "eda": Path("a.txt"),
    "rr": Path("a.txt"),
}
SIGNALS = ("ecg", "eda", "rr")


def refused(sound=None, film=None, signals=None, timed=False):
    seconds = {"audio": sound, "video": film, **dict.fromkeys(SIGNALS, signals)}
    seconds = {modality: value for modality, value in seconds.items() if value is not None}
    return implausible(seconds, PATHS, timed, PreparationConfig())


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((60, 60, 60), ()),
        ((60, 60, 68), ()),  # the sound stops some seconds earlier
        ((10, 10, 14.9), ()),  # recorders are started and stopped by hand
        ((20, 60, 60), ()),  # the sound was stopped early: said, not refused
        ((60, 20, 60), ()),
        ((None, 180, 183), ()),
        ((60, 60, 120), SIGNALS),  # 1000 Hz
        ((60, 60, 30), SIGNALS),  # 250 Hz
        ((12, 12, 24), SIGNALS),
        ((None, 60, 120), SIGNALS),
        ((20, 60, 120), SIGNALS),
        ((12, 3612, 12), ("video",)),
        ((200, 60, 60), ("audio",)),
        ((60, None, None), ()),
        ((None, None, 60), ()),
        ((60, 90_000, 60), ("video",)),  # longer than any session
        ((60, float("nan"), 60), ("video",)),
    ],
)
def test_files_of_lengths_that_cannot_be_one_recording_are_refused(lengths, expected):
    assert tuple(refused(*lengths)) == expected


def test_signals_that_tell_their_time_may_end_early_but_not_late():
    assert not refused(60, 60, 30, timed=True)
    assert tuple(refused(60, 60, 120, timed=True)) == SIGNALS


def test_the_sentence_names_the_lengths_and_the_rate_that_would_fit():
    assert refused(60, 61, 120)["ecg"] == (
        "a.txt lasts 120.0 s at 500 Hz, but the sound 60.0 s and the video 61.0 s: they cannot be one recording; "
        "no column of it tells the time, so give --signal-rate if its rate is another (1000 Hz would fit), "
        "or restore what it lacks."
    )
    assert "would fit" not in refused(60, 60, 7)["ecg"]


def test_lengths_that_differ_by_more_than_usual_are_said():
    assert (
        difference({"audio": 20.0, "video": 60.0, "ecg": 60.0, "rr": 60.0})
        == "sound 20.0 s, video 60.0 s, signals 60.0 s"
    )
    assert difference({"audio": 60.0, "video": 61.0, "ecg": 65.0}) == ""
    assert difference({"audio": 60.0}) == ""
