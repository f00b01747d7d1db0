"""What a synthetic tree is to hold: recordings, their classes, and the arousal that each modality shows."""

import itertools
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from stressid_keras.config import LARGEST_ARRAY, Count, SampleRate, Seed
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import MODALITIES, RECORDS
from stressid_keras.ranges import Checked, Range, with_options

TASKS = ("Counting1", "Counting2", "Counting3", "Stroop", "Speaking", "Math", "Reading")  # those with speech
SILENT_TASKS = ("Breathing", "Video1", "Video2", "Relax")  # those of which there is no audio
CLASSES = 3
MOST_RECORDINGS = 100_000
PLAN, AROUSAL, PERSON, RECORDING = range(4)  # independent streams of random numbers


Noise = Annotated[float, Range(0, 100)]
Side = Annotated[int, Range(2, 2_048, "pixels")]


@dataclass(frozen=True)
@with_options({f"{name}_noise": (Noise, record.noise) for name, record in RECORDS.items()})
class SyntheticConfig(Checked):
    """Size of a synthetic tree, and how plainly its modalities show the class.

    `<modality>_noise` of each is the standard deviation of what it shows about the arousal.
    """

    subjects: Count = 26
    tasks: Annotated[int, Range(1, 1_000)] = 6  # recordings per subject, all with audio
    seconds: Annotated[float, Range(1, 3_600, "s")] = 10.0
    seed: Seed = 0
    fps: Annotated[int, Range(1, 240, "Hz")] = 15
    width: Side = 64  # even
    height: Side = 48  # even
    sample_rate: SampleRate = 16_000  # Hz, of the audio
    signal_rate: Annotated[int, Range(50, 10_000, "Hz")] = 500  # of the physiological signals
    arousal_noise: Noise = 0.1  # standard deviation around the class; classes are 1 apart
    task_effect: Noise = 0.65  # how much a task tends to one class; 0: not at all
    silent_tasks: Annotated[int, Range(0, 1_000)] = (
        0  # recordings per subject without audio, besides those of `tasks`
    )

    def _check_together(self):
        if self.width % 2 or self.height % 2:
            raise StressIDError(f"The video is {self.width}×{self.height}; H.264 needs even sides.")
        recordings = self.subjects * (self.tasks + self.silent_tasks)
        if recordings > MOST_RECORDINGS:
            raise StressIDError(
                f"subjects is {self.subjects} and tasks {self.tasks + self.silent_tasks}, which makes {recordings:,} "
                f"recordings; expected at most {MOST_RECORDINGS:,}."
            )
        pixels = self.seconds * self.fps * self.width * self.height
        if pixels > LARGEST_ARRAY:
            raise StressIDError(
                f"{self.seconds:g} s of {self.fps} frames a second of {self.width}×{self.height} have {pixels:.1e} "
                f"pixels; expected at most {LARGEST_ARRAY:.1e}: make it shorter or smaller."
            )


class PlannedRecording(NamedTuple):
    name: str  # "2ea4_Speaking"
    subject: int
    task: int
    label: int
    has_audio: bool


def plan_recordings(config: SyntheticConfig) -> list[PlannedRecording]:
    """All recordings of a tree.

    The classes of a subject are as balanced as the number of tasks allows; a task tends to one class.
    """
    rng = np.random.default_rng([config.seed, PLAN])
    letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
    ids = list(itertools.product(digits, letters, letters, digits))  # such as "2ea4"
    subjects = ["".join(ids[i]) for i in rng.choice(len(ids), config.subjects, replace=False)]
    tasks = _names(TASKS, "Task", config.tasks) + _names(SILENT_TASKS, "Silent", config.silent_tasks)
    tendency = config.task_effect * np.resize([0, 1, -1], len(tasks))
    planned = []
    for number, subject in enumerate(subjects):
        rank = np.argsort(np.argsort(tendency + rng.standard_normal(len(tasks))))
        extra = rng.choice(CLASSES, len(tasks) % CLASSES, replace=False)
        classes = np.sort(np.append(np.repeat(np.arange(CLASSES), len(tasks) // CLASSES), extra))[rank]
        planned += [
            PlannedRecording(f"{subject}_{task}", number, t, int(classes[t]), t < config.tasks)
            for t, task in enumerate(tasks)
        ]
    return planned


def _names(known: tuple[str, ...], more: str, count: int) -> list[str]:
    """`count` tasks: the known ones, then numbered ones called `more`."""
    return [*known, *(f"{more}{number:02}" for number in range(len(known) + 1, count + 1))][:count]


def arousal(config: SyntheticConfig, recording: PlannedRecording) -> float:
    """How aroused the subject is in a recording: the class, give or take `config.arousal_noise`."""
    rng = np.random.default_rng([config.seed, AROUSAL, recording.subject, recording.task])
    return recording.label + config.arousal_noise * rng.standard_normal()


def shown(
    config: SyntheticConfig, recording: PlannedRecording, modality: str
) -> tuple[float, np.random.Generator, np.random.Generator]:
    """What a modality is made from: the arousal that it shows, the person's traits, the recording's chance.

    The generators depend on nothing but the seed, the subject, the modality and, for the last, the task:
    neither the order of making nor a change in another modality matters.
    """
    number = MODALITIES.index(modality)
    person = np.random.default_rng([config.seed, PERSON, recording.subject, number])
    rng = np.random.default_rng([config.seed, RECORDING, recording.subject, recording.task, number])
    error = getattr(config, f"{modality}_noise") * rng.standard_normal()
    return float(np.clip(arousal(config, recording) + error, -1, 3.2)), person, rng
