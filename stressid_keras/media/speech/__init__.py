"""A pretrained speech encoder in NumPy: waveform to frames of mel power to statistics of what an LSTM makes of them."""

from stressid_keras.media.speech.encoder import speech_statistics
from stressid_keras.media.speech.frames import speech_frames
from stressid_keras.media.speech.weights import load_weights

__all__ = ["load_weights", "speech_frames", "speech_statistics"]
