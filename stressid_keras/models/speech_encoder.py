"""The pretrained speech encoder as a Keras model."""

import keras

from stressid_keras.layers import SpeechFrames, SpeechStatistics
from stressid_keras.media.speech import load_weights


def build_speech_encoder(samples: int | None = None) -> keras.Model:
    """A functional model from a waveform to statistics of the encoder's upper layers, with the pretrained weights.

    Inputs: `waveform` (B, samples), mono at 16 kHz in [-1, 1], and `waveform_size` int (B, 1), its true samples.
    Output: (B, 1024), equal to `media.speech.speech_statistics`.

    Args:
        samples: length of the padded waveforms; None where it differs from batch to batch.

    Raises:
        StressIDError: the weights are absent or damaged.
    """
    waveform = keras.Input((samples,), name="waveform")
    size = keras.Input((1,), dtype="int32", name="waveform_size")
    frames, frames_size = SpeechFrames(name="speech_frames")(waveform, size)
    encoder = SpeechStatistics(name="speech_statistics")
    statistics = encoder(frames, frames_size)
    set_pretrained(encoder)
    return keras.Model({"waveform": waveform, "waveform_size": size}, statistics, name="speech_encoder")


def set_pretrained(encoder: SpeechStatistics) -> None:
    """Give a built layer of the default sizes the pretrained weights.

    Raises:
        StressIDError: the weights are absent or damaged.
    """
    weights = load_weights()
    for cell in encoder.cells:
        for variable in (cell.kernel, cell.recurrent_kernel, cell.bias):
            variable.assign(weights[f"{cell.name}/{variable.name}"])
