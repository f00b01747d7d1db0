"""What the speech encoder was trained with: other numbers would ask it about speech that it never heard."""

SAMPLE_RATE = 16_000  # Hz
N_FFT = 400  # samples of a frame: 25 ms
HOP_LENGTH = 160  # samples from one frame to the next: 10 ms
N_MELS = 40
LEVEL = -30.0  # dB of full scale, root mean square: quieter speech is raised to it, louder speech stays
SILENCE = 1e-12  # added to a root mean square, of full scale 1
SEGMENT = 160  # frames from one beginning of the LSTM to its end: 1.6 s
SEGMENT_HOP = (
    77  # frames from one segment to the next, as the encoder's authors place 1.3 of them in a second
)
LAYERS, UNITS = 3, 256
SUMMARISED = (2, 3)  # layers, counted from 1, whose outputs become statistics
SPEECH = "speech"  # input of a network that hears the statistics, and their name in batches
STATISTICS = 2 * len(SUMMARISED) * UNITS  # numbers for a recording
