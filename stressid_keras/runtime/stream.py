"""Windows of a recording as it comes, and what the student says of them."""

import logging
import threading
from typing import NamedTuple, Protocol

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import ExportError
from stressid_keras.media.sound.channels import (
    MOST_CHANNELS,
    Cancellation,
    Channel,
    channel_number,
    check_has_channel,
)
from stressid_keras.media.sound.waveform import peak_deviation
from stressid_keras.runtime.pcm import as_channels, as_mono, check_hop, check_rate

logger = logging.getLogger(__name__)


class Window(NamedTuple):
    """One scored window: `start` and `end` in seconds of the recording, `probabilities` (classes,), `feature`
    (feature_size,) or None, and whether it is `silent`, where the probabilities mean nothing."""

    start: float
    end: float
    probabilities: np.ndarray
    feature: np.ndarray | None
    silent: bool


class Prediction(NamedTuple):
    """A whole recording.

    Attributes:
        starts: (windows,) seconds.
        probabilities: (windows, classes) float32.
        mean: (classes,) float32, over all windows, silent ones included.
        silent: (windows,) bool: no sample deviates from the window's mean by `QualityConfig.silence_peak`.
        class_names: of the columns.
        features: (windows, feature_size) float32; None where the file has no feature.
        seconds: length of the recording.
    """

    starts: np.ndarray
    probabilities: np.ndarray
    mean: np.ndarray
    silent: np.ndarray
    class_names: tuple[str, ...]
    features: np.ndarray | None
    seconds: float

    @property
    def label(self) -> str:
        """Name of the class with the largest mean probability."""
        return self.class_names[int(self.mean.argmax())]


class Scorer(Protocol):
    """What a stream needs of a runner."""

    samples: int
    sample_rate: int
    class_names: tuple[str, ...]

    def predict_window(self, waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]: ...


class Stream:
    """A recording in chunks of any size; made by `StudentRunner.stream`.

    The windows, and so the numbers, are those of `StudentRunner.predict` on the same samples in one piece; at
    rates other than the model's, too, because soxr's stream gives the same samples however they are cut. Memory
    is bounded by a window, a hop and a chunk, beside the results.

    Streams of one runner may be fed from several threads; so may one stream, whose chunks are then taken in the order
    in which they come, which is the callers' matter. A stream cannot be pickled.
    """

    def __init__(self, runner: Scorer, rate: float, channels: int, hop: float, channel: Channel):
        rate = check_rate(rate)
        if isinstance(channels, bool) or channels not in range(1, MOST_CHANNELS + 1):
            raise ExportError(f"channels is {channels!r}; expected a whole number from 1 to {MOST_CHANNELS}.")
        self._runner = runner
        self._lock = threading.RLock()  # a chunk is whole before the next one is taken
        self._channels, self._number = channels, channel_number(channel)
        check_has_channel(channels, self._number, "the recording", ExportError)
        self._cancellation = Cancellation()
        self._hop = max(1, round(check_hop(hop) * runner.sample_rate))
        self._resampler = _resampler(rate, runner.sample_rate)
        self._chunks = []  # of samples at the model's rate, from `_first` on
        self._first = 0
        self._length = 0  # samples at the model's rate, so far
        self._next = 0  # start of the next window
        self._windows = []
        self._prediction = None

    def push(self, chunk: np.ndarray) -> list[Window]:
        """Append a chunk.

        Args:
            chunk: (n,), or (n, channels), n ≥ 0; types as `StudentRunner.predict_window` takes them.

        Returns:
            The windows that it completed, in order; often none.

        Raises:
            ExportError: the chunk has another type or shape, or NaN or infinite samples (the stream is as it was before
                it), or the stream is finished.
        """
        channels = as_channels(chunk, self._channels, "the chunk")
        samples = np.ascontiguousarray(as_mono(channels, self._number, "the chunk"))
        with self._lock:
            if self._prediction is not None:
                raise ExportError("the stream is finished; expected no more chunks: start another one.")
            if self._number is None:
                self._cancellation.add(channels, samples)
            self._append(samples if self._resampler is None else self._resampler.resample_chunk(samples))
            return self._score_whole_windows()

    def finish(self) -> Prediction:
        """End the recording and score what is left: one window more that ends at the end if the last does not, or
        the only one, filled up with zeros. Called again, it returns the same.

        Raises:
            ExportError: not one sample came, at the model's rate.
        """
        with self._lock:
            if self._prediction is None:
                self._end()
                if self._cancellation.found:
                    logger.warning("%s", Cancellation.sentence("the recording"))
                self._prediction = self._summary()
            return self._prediction

    def __reduce__(self):
        raise ExportError(
            "a stream cannot be pickled, for soxr's state cannot; expected the runner, which can: start a stream there."
        )

    def _end(self) -> None:
        if self._resampler is not None:
            self._append(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
            self._resampler = None
        self._score_whole_windows()
        if self._length == 0:
            rate = self._runner.sample_rate
            raise ExportError(f"the recording has no samples at {rate} Hz; expected at least one.")
        start = max(0, self._length - self._runner.samples)
        if not self._windows or start > self._windows[-1][0]:
            self._score(start)

    def _append(self, samples: np.ndarray) -> None:
        if len(samples):
            self._chunks.append(samples.copy())  # callers reuse their buffers
            self._length += len(samples)

    def _score_whole_windows(self) -> list[Window]:
        done = len(self._windows)
        while self._next + self._runner.samples <= self._length:
            self._score(self._next)
            self._next += self._hop
        if len(self._windows) > done:  # what no window can need any more; the last may end at the end
            self._keep_from(min(self._next, self._length - self._runner.samples))
        return [window for _, window in self._windows[done:]]

    def _score(self, start: int) -> None:
        if len(self._chunks) > 1:
            self._chunks = [np.concatenate(self._chunks)]
        rate, offset = self._runner.sample_rate, start - self._first
        waveform = self._chunks[0][offset : offset + self._runner.samples]
        probabilities, feature = self._runner.predict_window(waveform)
        silent = peak_deviation(waveform) < QualityConfig.silence_peak
        end = (start + len(waveform)) / rate
        self._windows.append((start, Window(start / rate, end, probabilities, feature, silent)))

    def _keep_from(self, first: int) -> None:
        self._chunks = [self._chunks[0][first - self._first :].copy()]
        self._first = first

    def _summary(self) -> Prediction:
        windows = [window for _, window in self._windows]
        probabilities = np.stack([window.probabilities for window in windows])
        features = [window.feature for window in windows]
        return Prediction(
            starts=np.array([window.start for window in windows]),
            probabilities=probabilities,
            mean=probabilities.mean(axis=0, dtype=np.float64).astype(np.float32),
            silent=np.array([window.silent for window in windows]),
            class_names=self._runner.class_names,
            features=None if features[0] is None else np.stack(features),
            seconds=self._length / self._runner.sample_rate,
        )


def _resampler(rate: float, to: int):
    """None if there is nothing to do. Its samples are those of `soxr.resample`, which preparation calls."""
    if rate == to:
        return None
    import soxr

    return soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
