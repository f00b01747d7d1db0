"""The exported student, run with LiteRT alone: no TensorFlow, no Keras, no librosa."""

import logging
import os
from pathlib import Path

import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import ExportError, RecordingError, StressIDError, shown
from stressid_keras.media.sound.channels import MIX, Cancellation, Channel, channel_number
from stressid_keras.media.sound.file_names import check_name
from stressid_keras.media.sound.mono_sound import open_mono
from stressid_keras.runtime.agreement import check_agreement
from stressid_keras.runtime.description import read_student
from stressid_keras.runtime.heard import FrontEnd, front_end_of
from stressid_keras.runtime.interpreter import WindowModel
from stressid_keras.runtime.pcm import as_float, check_hop, check_rate, count_channels
from stressid_keras.runtime.stream import Prediction, Stream

logger = logging.getLogger(__name__)


class StudentRunner:
    """An exported student: recordings in, probabilities and features out.

    Any of the files that `recipes/export_tflite.py` writes. Safe to share: threads take turns, window by window, so the
    numbers are those of one thread alone, and its time; who wants several windows at once takes a runner a thread.
    A runner can be pickled, with its model, and be used after a fork.

    Args:
        path: the `.tflite` file.
        threads: CPU threads of the interpreter.

    Attributes:
        samples: length of the model's window in samples.
        sample_rate: Hz that the model hears.
        hop: seconds from one window to the next, unless another is asked for.
        class_names: of the probabilities, in their order.
        description: the `model.json` inside the file: variant, front end, model card, training data, licence, …

    Raises:
        ExportError: the file is absent, truncated, damaged, changed after its export, no TFLite model, or no exported
            student; or its description and its model do not agree.
    """

    def __init__(self, path: str | os.PathLike, threads: int = 1):
        self.description, content = read_student(path)
        self._model = WindowModel(content, threads, path)
        check_agreement(self.description, content, self._model, path)
        self.samples = self._model.samples
        self.sample_rate = self.description["sample_rate"]
        self.hop = self.description["hop_seconds"]
        self.class_names = tuple(self.description["class_names"])

    @property
    def front_end(self) -> FrontEnd:
        """What the model computes first: a log-mel, or the mel power that a pretrained speech encoder hears."""
        return front_end_of(self.description)

    @property
    def log_mel(self) -> AudioConfig:
        """A log-mel for pictures: the model's own, or the usual one at its rate where it hears another front end."""
        front_end = self.front_end
        return front_end if isinstance(front_end, AudioConfig) else AudioConfig(self.sample_rate)

    def predict_window(self, waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Score one window at `sample_rate`; see `WindowModel.predict_window`."""
        return self._model.predict_window(waveform)

    def predict(
        self,
        source: str | os.PathLike | np.ndarray,
        rate: float | None = None,
        hop: float | None = None,
        channel: Channel = MIX,
    ) -> Prediction:
        """Score a recording of any length and rate; a file is read in blocks, in memory that does not grow with it.

        A window every hop from 0, one more that ends at the end if the last does not; zeros behind a recording that
        is shorter than a window. Channels are averaged, or one is chosen, then the whole is resampled (soxr, HQ); a
        window beyond full scale is divided by its peak. Silent windows are scored and named. Channels that cancel each
        other in their mean are a warning of this module's logger, or of `stream`'s for samples.

        Args:
            source: path of a sound file: WAV, FLAC, Ogg (Vorbis, Opus), MP3 or AIFF, and, with PyAV
                (`pip install -e ".[formats]"`), M4A, MP4, WebM or Matroska with sound; or samples (n,) or
                (n, channels), n > 0, of floating point of full scale 1, or int16, int32 or uint8 of full scale of
                their type.
            rate: Hz of the samples, from 4 kHz; a file knows its own.
            hop: seconds from one window to the next; by default the model's.
            channel: "mix", the mean of all; "left", "right", or a channel's number, from 1.

        Raises:
            RecordingError: the file is absent, empty, truncated, no audio, other audio than its name says, lacks the
                channel, or cannot be scored; or PyAV is not installed, and it needs that.
            ExportError: samples that are empty, not finite, of another type or shape, or without the channel; no rate
                or a wrong one; a hop that is not positive; no such channel can be.
        """
        if isinstance(source, str | os.PathLike):
            if rate is not None:
                raise ExportError(
                    f"a rate was given with {source}; expected none, for the file knows its own."
                )
            if hop is not None:
                check_hop(hop)  # not the file's fault
            channel_number(channel)
            return self._predict_file(Path(source), hop, channel)
        if rate is None:
            raise ExportError("no rate was given with the samples; expected their rate in Hz.")
        check_rate(rate)
        samples = as_float(source, "the recording")
        stream = self.stream(rate, count_channels(samples, "the recording"), hop, channel)
        stream.push(samples)
        return stream.finish()

    def stream(
        self, rate: float, channels: int = 1, hop: float | None = None, channel: Channel = MIX
    ) -> Stream:
        """A recording that comes in chunks, as from a microphone; the numbers are those of `predict`.

        Args:
            rate: Hz of the chunks.
            channels: of the chunks; they are averaged, or one is chosen.
            hop: seconds from one window to the next; by default the model's.
            channel: as `predict` takes it.

        Raises:
            ExportError: a wrong rate, number of channels, hop or channel.
        """
        return Stream(self, rate, channels, self.hop if hop is None else hop, channel)

    def _predict_file(self, path: Path, hop: float | None, channel: Channel) -> Prediction:
        try:
            with open_mono(path, channel) as sound:
                check_name(path, sound.format)
                stream = None
                for block in sound:
                    stream = stream or self.stream(sound.rate, hop=hop)
                    stream.push(block)
            if sound.cancels:
                logger.warning("%s", Cancellation.sentence(path.name))
            return stream.finish()
        except RecordingError:
            raise
        except OSError as error:
            raise RecordingError(
                f"{path} cannot be read ({error.strerror or error}); expected a sound file."
            ) from None
        except StressIDError as error:
            raise RecordingError(f"{path.name} cannot be scored: {error}") from None
        except Exception as error:  # one recording never ends a loop over many
            what = f"{type(error).__name__} {error}".strip()
            raise RecordingError(
                f"{path.name} cannot be scored ({shown(what)}); expected a sound file."
            ) from None
