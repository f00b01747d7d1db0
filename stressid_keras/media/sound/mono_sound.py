"""One channel of a sound file, or the mean of all, block by block: memory does not grow with the recording."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.channels import (
    MIX,
    Cancellation,
    Channel,
    channel_number,
    check_has_channel,
    heard,
)
from stressid_keras.media.sound.decoding import OpenParts, blocks, check_values, open_parts
from stressid_keras.media.sound.full_scale import FLOATS, full_scale


class MonoSound:
    """Iterates over the waveform in blocks (n,) float32, n > 0: those of `sound_files.read_recording`, one behind the
    other, where the mean is heard. Files of floating point are decoded twice, for their full scale is that of the
    whole. Made by `open_mono`.

    Attributes:
        name: of the file.
        format: of its content, as `sound_parts.SoundParts` has it.
        rate: Hz, from the first block on.
        cancels: whether the channels cancel each other in the mean that was heard; known behind the last block.
    """

    def __init__(self, parts: OpenParts, number: int | None, max_seconds: float):
        self.name, self.format = parts.name, parts.format
        self.rate, self.cancels = None, False
        self._openers, self._number, self._max_seconds = parts.openers, number, max_seconds

    def __iter__(self) -> Iterator[np.ndarray]:
        """
        Raises:
            RecordingError: as `sound_files.read_recording`, some of it behind the last block; or a channel is heard
                that the file does not have.
        """
        left = self._max_seconds
        for opener in self._openers:
            resampler, rate, samples = None, 0, 0
            for rate, block in self._part(opener, left):
                samples += len(block)
                self.rate = self.rate or rate
                if rate != self.rate and resampler is None:
                    resampler = _resampler(rate, self.rate)
                block = block if resampler is None else resampler.resample_chunk(block)
                if len(block):
                    yield block
            if resampler is not None and len(
                block := resampler.resample_chunk(np.empty(0, np.float32), last=True)
            ):
                yield block
            left -= samples / rate if samples else 0
        if self.rate is None:
            raise RecordingError(f"{self.name} holds no samples; expected a recording.")

    def _part(self, opener: Callable, max_seconds: float) -> Iterator[tuple[int, np.ndarray]]:
        """The rate, and the blocks by their full scale."""

        def again() -> Iterator[np.ndarray]:
            with opener() as sound:
                for _, mono in self._decoded(sound, max_seconds):
                    yield mono

        with opener() as sound:
            check_has_channel(sound.channels, self._number, self.name, RecordingError)
            scale = full_scale(again) if sound.subtype in FLOATS else 1.0
            cancellation = Cancellation()
            for channels, mono in self._decoded(sound, max_seconds):
                if self._number is None:
                    cancellation.add(channels, mono)
                yield sound.samplerate, mono if scale == 1 else (mono / scale).astype(np.float32)
        self.cancels |= cancellation.found

    def _decoded(self, sound, max_seconds: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(channels, n) and what is heard of it."""
        for block in blocks(sound, self.name, max_seconds):
            channels = np.ascontiguousarray(block.T)
            check_values(channels.min(axis=1), channels.max(axis=1), self.name)
            yield channels, heard(channels, self._number)


@contextlib.contextmanager
def open_mono(
    path: Path, channel: Channel = MIX, max_seconds: float = QualityConfig.max_seconds
) -> Iterator[MonoSound]:
    """A sound file to be read block by block.

    Args:
        path: as `sound_files.read_recording` takes it.
        channel: "mix", the mean of all; "left", "right", or a channel's number, from 1.
        max_seconds: more are refused.

    Raises:
        RecordingError: the file is empty or truncated.
        ExportError: no such channel can be.
        OSError: the file cannot be read.
    """
    number = channel_number(channel)
    with open_parts(path) as parts:
        yield MonoSound(parts, number, max_seconds)


def _resampler(rate: int, to: int):
    import soxr

    return soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
