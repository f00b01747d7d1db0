"""Signals come at the rate that their time column tells, whatever its unit, and are brought to a common one."""

import datetime

import numpy as np
import pytest

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.text.clock import is_time
from stressid_keras.preprocessing.signals.physiology import load_signals, read_signal_file

START = datetime.datetime(2024, 5, 1, 10)


def wave(seconds):
    """What is recorded at a time: nothing above 3 Hz."""
    return np.sin(2 * np.pi * 1.25 * seconds) + 0.5 * np.cos(2 * np.pi * 2.9 * seconds) + 4


def write(path, header, times, seconds):
    rows = (f"{t},{v:.6f},{v + 1:.6f},{-v:.6f}" for t, v in zip(times, wave(seconds), strict=True))
    path.write_text("\n".join([f"{header},ECG,EDA,RR", *rows]) + "\n")
    return path


def assert_is_wave(signals, seconds):
    times = np.arange(round(500 * seconds)) / 500
    assert len(signals["ecg"]) == len(times)
    inside = slice(50, -50)  # a filter knows less at the ends
    np.testing.assert_allclose(signals["ecg"][inside], wave(times)[inside], atol=0.01)
    np.testing.assert_allclose(signals["rr"][inside], -wave(times)[inside], atol=0.01)


KINDS = {
    "time_s": lambda t: f"{t:.6f}",
    "Time [s]": lambda t: f"{t + 17.5:.6f}",
    "time": lambda t: f"{t:.6f}",
    "t": lambda t: f"{1_000_000 * t:.0f}",
    "Time (ms)": lambda t: f"{1000 * t:.3f}",
    "TimeStamp": lambda t: f"{1_700_000_000 + t:.6f}",
    "unix_timestamp_ms": lambda t: f"{1000 * (1_700_000_000 + t):.3f}",
    "timestamp": lambda t: f"{1_700_000_000_000_000 + 1e6 * t:.0f}",
    "elapsed time (min)": lambda t: f"{t / 60:.9f}",
    "datetime": lambda t: (START + datetime.timedelta(seconds=t)).isoformat(timespec="microseconds"),
    "date": lambda t: f"{START + datetime.timedelta(seconds=t):%d/%m/%Y %H:%M:%S.%f}",
    "Local Time": lambda t: f"{START + datetime.timedelta(seconds=t):%H:%M:%S.%f}",
}


@pytest.mark.parametrize("rate", [1000, 256, 500, 2000, 130.7])
@pytest.mark.parametrize("header", KINDS)
def test_the_rate_is_that_of_the_time_column(tmp_path, header, rate):
    seconds = np.arange(round(4 * rate)) / rate
    path = write(tmp_path / "a.txt", header, [KINDS[header](t) for t in seconds.tolist()], seconds)
    assert_is_wave(load_signals(path), len(seconds) / rate)


def test_what_a_lower_rate_cannot_hold_does_not_come_back_as_something_slower(tmp_path):
    seconds = np.arange(8000) / 2000
    rows = (f"{t:.4f},{np.sin(2 * np.pi * 499 * t):.5f},1,2" for t in seconds)
    (tmp_path / "a.txt").write_text("\n".join(["time_s,ECG,EDA,RR", *rows]))
    assert np.abs(load_signals(tmp_path / "a.txt")["ecg"][50:-50]).max() < 0.05


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("sample", lambda i: i),
        ("time", lambda i: i),
        ("time", lambda i: ""),
        ("reaction time", lambda i: 5 - i),
    ],
)
def test_a_column_that_counts_rows_or_is_no_clock_tells_no_rate(tmp_path, header, field):
    seconds = np.arange(1000) / 500
    file = read_signal_file(write(tmp_path / "a.txt", header, [field(i) for i in range(1000)], seconds))
    assert file.clock is None


def test_times_coarser_than_the_rows_are_read_as_even(tmp_path):
    seconds = np.arange(3000) / 500
    path = write(tmp_path / "a.txt", "unix time", [int(1_700_000_000 + t) for t in seconds], seconds)
    assert_is_wave(load_signals(path), 6)


def test_uneven_times_give_an_even_signal(tmp_path):
    seconds = np.cumsum(np.random.default_rng(0).uniform(0.001, 0.003, 3000))
    seconds -= seconds[0]
    signals = load_signals(write(tmp_path / "a.txt", "time_s", [f"{t:.6f}" for t in seconds], seconds))
    assert len(signals["ecg"]) == pytest.approx(500 * seconds[-1], abs=3)
    np.testing.assert_allclose(signals["ecg"][50:2500], wave(np.arange(50, 2500) / 500), atol=0.05)


def test_a_gap_in_the_times_is_missing_and_what_follows_is_in_its_place(tmp_path):
    seconds = np.arange(4000) / 500
    seconds = seconds[(seconds < 3) | (seconds >= 4)]
    signals = load_signals(write(tmp_path / "a.txt", "time_s", [f"{t:.4f}" for t in seconds], seconds))
    missing = np.isnan(signals["ecg"])
    assert missing.sum() == pytest.approx(500, abs=2)
    assert missing[1505:1995].all()
    np.testing.assert_allclose(signals["ecg"][2100:3900], wave(np.arange(2100, 3900) / 500), atol=0.01)


def test_missing_samples_and_flat_stretches_stay_so_at_another_rate(tmp_path):
    seconds = np.arange(8000) / 1000
    values = wave(seconds)
    values[2000:3000], values[5000:7000] = np.nan, 9.25
    rows = (f"{t:.3f},{v},{v},{v}" for t, v in zip(seconds, values, strict=True))
    (tmp_path / "a.txt").write_text("\n".join(["time_s,ECG,EDA,RR", *rows]))
    eda = load_signals(tmp_path / "a.txt")["eda"]
    assert np.isnan(eda[1005:1495]).all()
    assert not np.isnan(np.delete(eda, np.s_[995:1505])).any()
    assert (eda[2505:3495] == 9.25).all()


@pytest.mark.parametrize(
    ("header", "field", "found"),
    [
        ("time_s", lambda i: i, r"column time_s grows by 1 a row, 1 rows a second; expected 20 to 20000"),
        ("time_s", lambda i: -i / 500, "goes back after row 1"),
        ("time_s", lambda i: i / 500 - (1 if i > 50 else 0), "goes back after row 51"),
        ("time", lambda i: 1e-9 * i * i, "even steps|grows by"),
        ("time", lambda i: "abc", "found 'abc' in its column time; expected times"),
        ("time_s", lambda i: "" if i == 7 else i / 500, "no time_s in 1 of its rows"),
        ("time_s", lambda i: i / 500 + (9000 if i > 50 else 0), "gaps make up 100%"),
    ],
)
def test_times_that_make_no_sense_are_refused_in_a_sentence(tmp_path, header, field, found):
    path = write(tmp_path / "a.txt", header, [field(i) for i in range(100)], np.arange(100) / 500)
    with pytest.raises(RecordingError, match=found) as error:
        load_signals(path)
    assert str(error.value).startswith("a.txt")


def test_two_clocks_that_disagree_are_refused(tmp_path):
    rows = (f"{i / 500},{i * 3.5},1,2,{i % 7}" for i in range(1000))
    (tmp_path / "a.txt").write_text("\n".join(["time_s,time_ms,ECG,EDA,RR", *rows]))
    with pytest.raises(RecordingError, match="time columns that disagree"):
        load_signals(tmp_path / "a.txt")


def test_signals_come_at_the_rate_that_is_asked_for(tmp_path):
    seconds = np.arange(1000) / 250
    path = write(tmp_path / "a.txt", "time_s", [f"{t:.3f}" for t in seconds], seconds)
    assert len(load_signals(path, QualityConfig(signal_rate=1000.0))["ecg"]) == 4000
    with pytest.raises(RecordingError, match="lasts 4 s by what it says of itself; expected at most 3 s"):
        load_signals(path, QualityConfig(max_seconds=3.0))


def test_names_of_time_columns_are_told_from_others():
    assert all(
        map(
            is_time,
            ("Time", "time_ms", "t [s]", "TimeStamp", "Unix time (s)", "seconds", "ms", "elapsed_time"),
        )
    )
    assert not any(
        map(is_time, ("ECG", "sample", "nSeq", "index", "", "RRI (ms)", "reaction time", "event_time", "RR"))
    )
