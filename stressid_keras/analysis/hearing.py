"""What a student makes of a waveform before its network begins: a log-mel, or a speech encoder's statistics."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import StressIDError
from stressid_keras.media.mel import MelAxes
from stressid_keras.media.speech import frame_statistics, load_weights
from stressid_keras.media.speech.settings import HOP_LENGTH, N_MELS, SAMPLE_RATE, SPEECH
from stressid_keras.preprocessing.audio import decibel_share, log_mel
from stressid_keras.preprocessing.speech_statistics import frames_at
from stressid_keras.store.encoding import from_stored, to_stored

FRAME_STEP = 64  # batches are padded to a multiple of it: every new shape is traced or compiled anew


class Ear(ABC):
    """How a student hears. Its picture is a time-frequency image in which pieces can be hidden.

    Attributes:
        name: of the input that a batch holds.
        greatest: value that a picture may hold, if there is one; the least is 0.
        axes: of a picture.
    """

    name: str
    greatest: float | None = None
    axes: MelAxes

    @abstractmethod
    def picture(self, waveform: np.ndarray) -> np.ndarray:
        """(T, bands) of a waveform (n,) in [-1, 1] at the configuration's rate."""

    @abstractmethod
    def heard(self, picture: np.ndarray) -> np.ndarray:
        """What of a picture is kept until it is asked about, as small as may be."""

    @abstractmethod
    def batch(self, sounds: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The student's inputs, of several of what `heard` gives, as the pipeline makes them."""

    @abstractmethod
    def drawn(self, picture: np.ndarray) -> np.ndarray:
        """A picture as people look at it: (T, bands) in [0, 1], of loudness."""

    def looked_at(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The student's inputs, of several pictures of one length."""
        return self.batch([self.heard(picture) for picture in pictures])


class LogMelEar(Ear):
    """A log-mel spectrogram of values from 0 to 1."""

    name = "audio"
    greatest = 1.0

    def __init__(self, config: AudioConfig):
        self.config = config
        self.axes = MelAxes(config.sample_rate, config.hop_length, config.n_mels)

    def picture(self, waveform):
        return log_mel(waveform, self.config)

    def heard(self, picture):
        return to_stored(picture, "audio")

    def batch(self, sounds):
        sizes = np.array([array.shape for array in sounds], dtype=np.int32)
        n_frames, n_mels = sizes.max(axis=0)
        n_frames = -(-n_frames // FRAME_STEP) * FRAME_STEP
        audio = np.zeros((len(sounds), n_frames, n_mels, 1), dtype=np.float32)
        for place, array in enumerate(sounds):
            audio[place, : len(array), :, 0] = from_stored(array, "audio")
        return {"audio": audio, "audio_size": sizes}

    def drawn(self, picture):
        return picture

    def looked_at(self, pictures):
        audio = np.stack(pictures).astype(np.float32)[..., None]  # of one length, which needs no padding
        return {"audio": audio, "audio_size": np.tile(np.array(audio.shape[1:3], np.int32), (len(audio), 1))}


class SpeechEar(Ear):
    """Statistics of a pretrained speech encoder; its picture is the mel power that the encoder is given."""

    name = SPEECH
    axes = MelAxes(SAMPLE_RATE, HOP_LENGTH, N_MELS)

    def __init__(self, config: AudioConfig):
        self.rate, self.top_db = config.sample_rate, config.top_db

    def picture(self, waveform):
        return frames_at(waveform, self.rate)

    def heard(self, picture):
        return frame_statistics(picture, load_weights())

    def batch(self, sounds):
        return {SPEECH: np.stack(sounds).astype(np.float32)}

    def drawn(self, picture):
        return decibel_share(picture.copy(), self.top_db)


EARS = {ear.name: ear for ear in (LogMelEar, SpeechEar)}


def networks_by_ear(networks: Mapping, config: AudioConfig) -> list[tuple[Ear, dict]]:
    """Every ear that some students have, and these by their names: what an ear makes of a sound serves all of them."""
    ears = {name: ear_of(network, config) for name, network in networks.items()}
    return [
        (ear, {name: networks[name] for name, own in ears.items() if own.name == ear.name})
        for ear in {ear.name: ear for ear in ears.values()}.values()
    ]


def ear_of(network, config: AudioConfig) -> Ear:
    """How a student hears, by the names of its inputs.

    Raises:
        StressIDError: it takes nothing that is known.
    """
    inputs = set(network.input)
    if found := inputs & EARS.keys():
        return EARS[found.pop()](config)
    raise StressIDError(
        f"a network takes {', '.join(sorted(inputs))}; expected a student, which takes {' or '.join(EARS)}."
    )
