"""What an exported student hears, and the entry `front_end` of its `model.json` that says so."""

import math
from dataclasses import asdict, dataclass
from typing import Annotated

from stressid_keras.config import AudioConfig, SampleRate
from stressid_keras.errors import StressIDError
from stressid_keras.media.spectrum_order import factors
from stressid_keras.media.speech import settings
from stressid_keras.ranges import Checked, Range


@dataclass(frozen=True)
class SpeechFrontEnd(Checked):
    """Mel power of speech that is raised to a level, what a pretrained speech encoder hears (`layers.SpeechFrames`)."""

    sample_rate: SampleRate = settings.SAMPLE_RATE  # Hz
    n_fft: Annotated[int, Range(16, 16_384, "samples")] = settings.N_FFT
    hop_length: Annotated[int, Range(1, 16_384, "samples")] = settings.HOP_LENGTH
    n_mels: Annotated[int, Range(1, 1_024)] = settings.N_MELS
    # root mean square, of full scale, to which a quieter waveform is raised; 0 dB is a factor of 1, of which every
    # graph has some, so that a model could not be asked for it
    level: Annotated[float, Range(-200, -1, "dB")] = settings.LEVEL

    def _check_together(self):
        try:
            factors(self.n_fft)
        except ValueError as error:
            raise StressIDError(str(error)) from None
        if self.hop_length > self.n_fft:
            raise StressIDError(
                f"hop_length is {self.hop_length}; expected at most n_fft, which is {self.n_fft}."
            )


FrontEnd = AudioConfig | SpeechFrontEnd
KINDS = {None: AudioConfig, "speech": SpeechFrontEnd}  # by the entry's `kind`, which a log-mel has none of
LAST = {AudioConfig: "top_db", SpeechFrontEnd: "level"}  # the number that is no count


def front_end_entry(front_end: FrontEnd) -> dict:
    """The entry `front_end`: the numbers, the lowest and highest frequency and, unless it is a log-mel, its `kind`."""
    kind = next(kind for kind, described in KINDS.items() if isinstance(front_end, described))
    numbers = asdict(front_end)
    rate = numbers.pop("sample_rate")
    return {**({"kind": kind} if kind else {}), **numbers, "fmin": 0.0, "fmax": rate / 2}


def front_end_of(description: dict) -> FrontEnd:
    """The front end that a `model.json` describes, whose entry `is_front_end`.

    Raises:
        StressIDError: a number is beyond the range of the configuration.
    """
    entry = description["front_end"]
    described = KINDS[entry.get("kind")]
    names = ("n_fft", "hop_length", "n_mels", LAST[described])
    return described(sample_rate=description["sample_rate"], **{name: entry[name] for name in names})


def is_front_end(entry) -> bool:
    """Whether an entry is of a kind that is known, and has its numbers."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kind", ""), str):
        return False
    described = KINDS.get(entry.get("kind"))
    if described is None:
        return False
    counts = (entry.get(name) for name in ("n_fft", "hop_length", "n_mels"))
    last = entry.get(LAST[described])
    return all(map(is_count, counts)) and is_number(last) and -math.inf < last < math.inf


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_positive(value) -> bool:
    return is_number(value) and 0 < value < math.inf


def is_count(value) -> bool:
    return isinstance(value, int) and is_positive(value) and value < 1 << 31
