"""Chunks as they come from a microphone give the numbers of the whole recording."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.errors import ExportError

from ..small_export import HOP, RATE, WINDOW, speech

SPEECH = {rate: speech(5.3, rate) for rate in (8_000, RATE, 44_100, 48_000)}


def streamed(runner, waveform, sizes, rate, channels=1):
    """The windows as they came, and the prediction, of chunks of the sizes, again and again."""
    stream = runner.stream(rate, channels)
    windows, at, turn = [], 0, 0
    while at < len(waveform):
        size = sizes[turn % len(sizes)]
        windows += stream.push(waveform[at : at + size])
        at, turn = at + size, turn + 1
    return windows, stream.finish()


chunk_sizes = st.lists(st.integers(0, 20_000), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) > 500)


@given(sizes=chunk_sizes, rate=st.sampled_from(sorted(SPEECH)), length=st.integers(50, 3 * WINDOW))
@settings(max_examples=25)
def test_numbers_do_not_depend_on_the_chunks(runner, sizes, rate, length):
    waveform = SPEECH[rate][:length]
    expected = runner.predict(waveform, rate)
    windows, found = streamed(runner, waveform, sizes, rate)
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(found.features, expected.features, atol=1e-5)
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-6)
    assert found.seconds == expected.seconds
    for window, start, probabilities in zip(windows, found.starts, found.probabilities, strict=False):
        assert window.start == start
        np.testing.assert_array_equal(window.probabilities, probabilities)


def test_a_window_comes_with_the_chunk_that_completes_it(runner):
    stream = runner.stream(RATE)
    waveform = SPEECH[RATE]
    assert stream.push(waveform[: WINDOW - 1]) == []
    (first,) = stream.push(waveform[WINDOW - 1 : WINDOW])
    assert (first.start, first.end) == (0.0, 2.0)
    assert [window.start for window in stream.push(waveform[WINDOW : WINDOW + 2 * HOP])] == [1.0, 2.0]
    assert stream.push(np.zeros(0, "float32")) == []
    prediction = stream.finish()
    assert prediction.starts.tolist() == [0.0, 1.0, 2.0]
    assert stream.finish() is prediction


def test_the_buffer_of_the_caller_may_be_used_again(runner):
    stream, buffer = runner.stream(RATE), np.empty(1000, "float32")
    for at in range(0, 40_000, 1000):
        buffer[:] = SPEECH[RATE][at : at + 1000]
        stream.push(buffer)
    buffer[:] = 0
    expected = runner.predict(SPEECH[RATE][:40_000], RATE)
    np.testing.assert_array_equal(stream.finish().probabilities, expected.probabilities)


def test_stereo_of_another_rate_in_integers(runner):
    samples = np.round(20_000 * SPEECH[48_000][:, None] * [1, 0.4]).astype("int16")
    expected = runner.predict(samples, 48_000)
    _, found = streamed(runner, samples, [480, 0, 1], 48_000, channels=2)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)


def test_every_other_sample_of_a_larger_array_is_a_chunk(runner):
    stream = runner.stream(8_000)
    stream.push(np.repeat(SPEECH[8_000], 2)[::2])
    expected = runner.predict(SPEECH[8_000], 8_000)
    np.testing.assert_array_equal(stream.finish().probabilities, expected.probabilities)


def test_a_long_stream_keeps_no_more_than_it_needs(runner):
    stream = runner.stream(RATE)
    for _ in range(20):
        stream.push(SPEECH[RATE])
        assert sum(len(chunk) for chunk in stream._chunks) <= WINDOW + HOP
    assert len(stream.finish().starts) == int((20 * 5.3 - 2) // 1) + 1


def test_a_bad_chunk_is_refused_and_leaves_the_stream_as_it_was(runner):
    stream = runner.stream(RATE)
    stream.push(SPEECH[RATE][:30_001])
    bad = SPEECH[RATE][:100].copy()
    bad[50] = np.nan
    with pytest.raises(ExportError, match="the chunk holds NaN or infinite samples"):
        stream.push(bad)
    with pytest.raises(ExportError, match=r"the chunk has shape \(100, 2\); expected \(n,\) or \(n, 1\)"):
        stream.push(np.zeros((100, 2)))
    stream.push(SPEECH[RATE][30_001:])
    expected = runner.predict(SPEECH[RATE], RATE)
    np.testing.assert_array_equal(stream.finish().probabilities, expected.probabilities)


def test_interleaved_channels_are_not_taken_for_one(runner):
    with pytest.raises(ExportError, match=r"the chunk has shape \(100,\); expected \(n, 2\)"):
        runner.stream(RATE, channels=2).push(np.zeros(100))


def test_a_recording_too_short_for_one_sample_of_the_model_is_refused(runner):
    with pytest.raises(ExportError, match="the recording has no samples at 16000 Hz"):
        runner.predict(np.ones(1), 96_000)


@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_a_stream_without_samples_is_an_error(runner, rate):
    with pytest.raises(ExportError, match="the recording has no samples"):
        runner.stream(rate).finish()


def test_a_finished_stream_takes_no_more(runner):
    stream = runner.stream(RATE)
    stream.push(SPEECH[RATE][:100])
    stream.finish()
    with pytest.raises(ExportError, match="the stream is finished"):
        stream.push(SPEECH[RATE][:100])


@pytest.mark.parametrize("channels", [0, -1, 1.5, True, 65])
def test_impossible_channels_are_refused(runner, channels):
    with pytest.raises(ExportError, match=r"channels is .*; expected a whole number from 1 to 64"):
        runner.stream(RATE, channels)
