"""What a synthetic tree is to hold: recordings, their classes, and the arousal that each modality shows."""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stressid_keras.config import MODALITIES
from stressid_keras.errors import StressIDError

TASKS = ("Counting1", "Counting2", "Counting3", "Stroop", "Speaking", "Math", "Reading")  # those with speech
SILENT_TASKS = ("Breathing", "Video1", "Video2", "Relax")  # those of which there is no audio
CLASSES = 3
PLAN, AROUSAL, PERSON, RECORDING = range(4)  # independent streams of random numbers


@dataclass(frozen=True)
class SyntheticConfig:
    """Size of a synthetic tree, and how plainly its modalities show the class."""

    subjects: int = 26
    tasks: int = 6  # recordings per subject, all with audio
    seconds: float = 10.0
    seed: int = 0
    fps: int = 15
    width: int = 64  # pixels, even
    height: int = 48  # pixels, even
    sample_rate: int = 16_000  # Hz, of the audio
    signal_rate: int = 500  # Hz, of the physiological signals
    arousal_noise: float = 0.1  # standard deviation around the class; classes are 1 apart
    video_noise: float = 0.12  # of what a modality shows around the arousal
    ecg_noise: float = 0.15
    eda_noise: float = 0.15
    rr_noise: float = 0.2
    audio_noise: float = 0.55
    task_effect: float = 0.65  # how much a task tends to one class; 0: not at all
    silent_tasks: int = 0  # recordings per subject without audio, besides those of `tasks`

    def __post_init__(self):
        least = {"subjects": 1, "tasks": 1, "silent_tasks": 0, "seconds": 1, "seed": 0}
        least |= {"fps": 1, "width": 2, "height": 2}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected at least {value}.")
        if self.width % 2 or self.height % 2:
            raise StressIDError(f"The video is {self.width}×{self.height}; H.264 needs even sides.")


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
