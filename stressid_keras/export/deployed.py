"""The deployed model: the student behind its front end, from waveform to probabilities."""

import keras

from stressid_keras.config import AudioConfig
from stressid_keras.errors import ExportError
from stressid_keras.layers import CentreWaveform, LogMel, SpeechFrames, SpeechStatistics
from stressid_keras.media.speech import settings
from stressid_keras.media.speech.settings import SPEECH
from stressid_keras.models.speech_encoder import set_pretrained
from stressid_keras.runtime.heard import FrontEnd, SpeechFrontEnd


def build_deployed_model(student: keras.Model, audio: AudioConfig, samples: int) -> keras.Model:
    """A functional model that takes a waveform.

    Input: `waveform` (1, samples), mono at `audio.sample_rate` in [-1, 1]; a shorter one is filled up with zeros.
    Outputs: `probabilities` (1, n_classes) and `feature` (1, feature_size).

    Args:
        student: model as `models.build_student` gives it.
        audio: the sound of the training.
        samples: length of the window.

    Raises:
        ExportError: as `heard_by`.
    """
    front_end = heard_by(student, audio)
    waveform = keras.Input((samples,), batch_size=1, name="waveform")
    hear = _speech if isinstance(front_end, SpeechFrontEnd) else _log_mel
    outputs = student(hear(waveform, front_end))
    probabilities = keras.layers.Softmax(name="probabilities")(outputs["logits"])
    return keras.Model(
        waveform, {"probabilities": probabilities, "feature": outputs["feature"]}, name="deployed_student"
    )


def heard_by(student: keras.Model, audio: AudioConfig) -> FrontEnd:
    """The front end that belongs before a student.

    Raises:
        ExportError: it hears a speech encoder, and the sound of the training has another rate than that.
    """
    if SPEECH not in student.input:
        return audio
    if audio.sample_rate != settings.SAMPLE_RATE:
        raise ExportError(
            f"{student.name} hears speech at {settings.SAMPLE_RATE} Hz and the sound of its training has "
            f"audio.sample_rate {audio.sample_rate}; expected {settings.SAMPLE_RATE}: prepare and train with that rate."
        )
    return SpeechFrontEnd()


def _log_mel(waveform, audio: AudioConfig) -> dict:
    log_mel, size = LogMel(
        sample_rate=audio.sample_rate,
        n_fft=audio.n_fft,
        hop_length=audio.hop_length,
        n_mels=audio.n_mels,
        top_db=audio.top_db,
        name="log_mel",
    )(waveform)
    return {"audio": log_mel, "audio_size": size}


def _speech(waveform, front_end: SpeechFrontEnd) -> dict:
    # Not the model of `build_speech_encoder`: its name would go before those of all tensors, and fill the file.
    centred = CentreWaveform(name="speech_waveform")(waveform)
    frames = SpeechFrames(
        sample_rate=front_end.sample_rate,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        level=front_end.level,
        name="speech_frames",
    )(*centred)
    encoder = SpeechStatistics(name="speech_statistics")
    statistics = encoder(*frames)
    set_pretrained(encoder)
    return {SPEECH: statistics}
