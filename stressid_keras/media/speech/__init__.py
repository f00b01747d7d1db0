"""A pretrained speech encoder in NumPy: waveform to frames of mel power to statistics of what an LSTM makes of them."""

from stressid_keras.media.speech.encoder import frame_statistics, speech_statistics
from stressid_keras.media.speech.frames import speech_frames
from stressid_keras.media.speech.weights import load_weights

__all__ = ["frame_statistics", "load_weights", "speech_frames", "speech_statistics"]
