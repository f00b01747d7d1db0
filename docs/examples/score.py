"""Score a recording: as a file, and in chunks as a microphone gives them.

python docs/examples/score.py STUDENT.tflite RECORDING.wav
"""

import sys

import numpy as np

from stressid_keras import StudentRunner
from stressid_keras.media.sound.sound_files import read_sound  # internal: here in place of a microphone

student, recording = sys.argv[1:]
runner = StudentRunner(student)  # LiteRT alone: no TensorFlow, no Keras
length = runner.samples / runner.sample_rate
print(f"{' or '.join(runner.class_names)}, a window of {length:g} s every {runner.hop:g} s")

prediction = runner.predict(recording)  # any length, rate, channels and format of docs/data.md
for name, probability in zip(runner.class_names, prediction.mean, strict=True):
    print(f"{name}: {probability:.3f}")


def microphone():
    """Chunks of 20 ms: those of the file here, those of a sound card in an app."""
    yield from np.array_split(samples, max(1, 50 * len(samples) // rate))


# The mean of the channels; for a stream of stereo: runner.stream(rate, channels=2).
samples, rate = read_sound(recording)
stream = runner.stream(rate)
for chunk in microphone():
    for window in stream.push(chunk):
        print(f"just heard, from {window.start:g} to {window.end:g} s: {window.probabilities}")
heard = stream.finish()  # scores what is left; the whole recording
print(f"{len(heard.starts)} window of {heard.seconds:g} s, live: {heard.label}")
print("the same numbers:", np.array_equal(heard.mean, prediction.mean))
print(runner.description["model_card"])
