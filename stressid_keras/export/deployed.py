"""The deployed model: the student behind its front end, from waveform to probabilities."""

import keras

from stressid_keras.config import AudioConfig
from stressid_keras.layers import LogMel


def build_deployed_model(student: keras.Model, audio: AudioConfig, samples: int) -> keras.Model:
    """A functional model that takes a waveform.

    Input: `waveform` (1, samples), mono at `audio.sample_rate` in [-1, 1]; a shorter one is filled up with zeros.
    Outputs: `probabilities` (1, n_classes) and `feature` (1, feature_size).

    Args:
        student: model with inputs `audio` and `audio_size`, outputs `logits` and `feature`.
        audio: the log-mel of the training.
        samples: length of the window.
    """
    waveform = keras.Input((samples,), batch_size=1, name="waveform")
    front_end = LogMel(
        sample_rate=audio.sample_rate,
        n_fft=audio.n_fft,
        hop_length=audio.hop_length,
        n_mels=audio.n_mels,
        top_db=audio.top_db,
        name="log_mel",
    )
    log_mel, size = front_end(waveform)
    outputs = student({"audio": log_mel, "audio_size": size})
    probabilities = keras.layers.Softmax(name="probabilities")(outputs["logits"])
    return keras.Model(
        waveform, {"probabilities": probabilities, "feature": outputs["feature"]}, name="deployed_student"
    )
