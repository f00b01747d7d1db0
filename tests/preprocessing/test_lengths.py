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


APART = PATHS | {modality: Path(f"{modality}.csv") for modality in SIGNALS}


def refused(sound=None, film=None, signals=None, timed=()):
    seconds = {"audio": sound, "video": film, **dict.fromkeys(SIGNALS, signals)}
    seconds = {modality: value for modality, value in seconds.items() if value is not None}
    return implausible(seconds, PATHS, timed, PreparationConfig())


def refused_apart(sound, ecg, eda, timed=(), run_on=False):
    """Of signals in files of their own."""
    return implausible({"audio": sound, "ecg": ecg, "eda": eda}, APART, timed, PreparationConfig(), run_on)


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
    assert not refused(60, 60, 30, timed=SIGNALS)
    assert tuple(refused(60, 60, 120, timed=SIGNALS)) == SIGNALS


@pytest.mark.parametrize(
    ("lengths", "timed", "expected"),
    [
        ((60, 60, 60), (), ()),
        ((60, 60, 10), (), ("eda",)),  # which the longest of them would hide
        ((60, 30, 120), (), ("ecg", "eda")),
        ((60, 120, 60), (), ("ecg",)),
        ((60, 60, 120), ("ecg", "eda"), ("eda",)),
        ((60, 60, 30), ("ecg",), ("eda",)),  # one file's clock says nothing of another
        ((60, 60, 30), ("ecg", "eda"), ()),
    ],
)
def test_signals_in_files_of_their_own_are_judged_by_themselves(lengths, timed, expected):
    assert tuple(refused_apart(*lengths, timed)) == expected


def test_of_signals_that_run_on_a_short_one_is_refused_all_the_same():
    assert not refused_apart(60, 120, 120, run_on=True)
    assert tuple(refused_apart(60, 120, 30, run_on=True)) == ("eda",)


def test_the_sentence_names_the_file_that_does_not_fit():
    found = refused_apart(60, 60, 120)
    assert set(found) == {"eda"}
    assert found["eda"].startswith("eda.csv lasts 120.0 s at 500 Hz, but the sound 60.0 s: they cannot")
    assert refused_apart(60, 60, 120, ("ecg", "eda"))["eda"].startswith(
        "eda.csv lasts 120.0 s, but the sound 60.0 s and the ECG 60.0 s: they cannot be one recording"
    )


def test_the_sentence_names_the_lengths_and_the_rate_that_would_fit():
    assert refused(60, 61, 120)["ecg"] == (
        "a.txt lasts 120.0 s at 500 Hz, but the sound 60.0 s and the video 61.0 s: they cannot be one recording; "
        "no column of it tells the time, so give --signal-rate if its rate is another (1000 Hz would fit), "
        "or restore what it lacks."
    )
    assert "would fit" not in refused(60, 60, 7)["ecg"]


def test_lengths_that_differ_by_more_than_usual_are_said():
    assert (
        difference({"audio": 20.0, "video": 60.0, "ecg": 60.0, "rr": 60.0}, PATHS)
        == "sound 20.0 s, video 60.0 s, signals 60.0 s"
    )
    assert difference({"audio": 60.0, "video": 61.0, "ecg": 65.0}, PATHS) == ""
    assert difference({"audio": 60.0}, PATHS) == ""
    assert (
        difference({"audio": 20.0, "ecg": 60.0, "eda": 61.0}, APART) == "sound 20.0 s, ECG 60.0 s, EDA 61.0 s"
    )
