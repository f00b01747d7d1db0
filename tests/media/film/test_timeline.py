"""The times of a film are those of a recording, or it is refused."""

import numpy as np
import pytest

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.dropped_frames import dropped_frames
from stressid_keras.media.film.frames import read_frames, read_frames_and_dropped, video_seconds

CONFIG = VideoConfig()


def test_a_clock_that_jumps_is_refused_with_where(tmp_path, write_video):
    times = [*range(0, 2000, 100), *range(3_600_000, 3_602_000, 100)]
    path = write_video(tmp_path / "a.mp4", times=times)
    with pytest.raises(
        RecordingError, match=r"a\.mp4 jumps from 1\.90 s to 3600\.00 s; expected frames at most 60 s"
    ):
        video_seconds(path)
    with pytest.raises(RecordingError, match="jumps from"):
        read_frames(path, 0, 60, CONFIG)


def test_frames_of_days_each_are_refused(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", count=20)
    content = bytearray(path.read_bytes())
    place = content.index(b"stts") + 4 + 4 + 4 + 4  # version, entries, frames of the first, their duration
    content[place : place + 4] = (2 * 10**9).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.mp4 (jumps from|has a single frame that is to last)"):
        video_seconds(path)


def test_a_pause_of_seconds_is_no_jump(tmp_path, write_video):
    times = [*range(0, 2000, 100), *range(20_000, 22_000, 100)]
    assert video_seconds(write_video(tmp_path / "a.mp4", times=times)) == pytest.approx(22.0, abs=0.11)


def film(*gaps):
    return np.concatenate([[0.0], np.cumsum(gaps)])


def dropped(times, start=0.0, stop=1e9):
    first, after = np.searchsorted(times, (start, stop))
    return dropped_frames(times, int(first), int(after), start, stop)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "gaps",
    [
        [1 / 30] * 300,
        [1 / 30, 1 / 15] * 150,
        [1 / 30, 1 / 30, 1 / 30, 1 / 5] * 75,
        [1 / 30] * 200 + [1 / 5] * 60 + [1 / 15] * 100,  # darker, then lighter
        RNG.uniform(1 / 30, 1 / 5, 300),
        RNG.choice([1 / 30, 1 / 15, 1 / 10, 1 / 5], 300),
        [2.0] * 30,
        [0.5],
    ],
)
def test_an_uneven_rate_drops_few_frames_or_none(gaps):
    times = film(*gaps)
    assert dropped(times) <= 0.05 * len(times)


def test_a_picture_that_stands_still_for_seconds_is_counted():
    steady = [1 / 15] * 75
    assert dropped(film(*steady, 5.0, *steady)) == 74
    uneven = RNG.uniform(1 / 30, 1 / 5, 75)
    assert 20 < dropped(film(*uneven, 5.0, *uneven)) < 40
    assert dropped(film(*[1 / 15] * 10, 50.0, *[1 / 15] * 10)) == 749


def test_a_still_picture_counts_in_the_spans_that_it_covers():
    times = film(*[0.1] * 100, 20.0, *[0.1] * 100)  # still from 10 to 30 s
    shares = [dropped(times, start, start + 10) for start in (0, 10, 20, 30)]
    assert shares[0] == 0
    assert shares[3] == 0
    assert shares[1] + shares[2] == pytest.approx(199, abs=1)
    assert dropped(times) == 199


def test_an_uneven_film_is_read_and_one_of_gaps_is_not(tmp_path, write_video):
    rng = np.random.default_rng(1)
    uneven = np.cumsum(rng.choice([33, 66, 100, 200], 100))
    _, found, lost = read_frames_and_dropped(write_video(tmp_path / "a.mp4", times=uneven), 0, 60, CONFIG)
    assert found == 100
    assert lost < 5
