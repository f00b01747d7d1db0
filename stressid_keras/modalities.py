"""What is recorded of a person: a record of each modality, which everything that depends on the modality reads.

Another signal is a record here, and its transform where a Gramian angular field of the samples is not what is wanted.
"""

import sys
from dataclasses import dataclass

from stressid_keras.system.registry import name_taken

SOUND, FILM, TABLE = "sound", "film", "table"  # what a file can be


@dataclass(frozen=True)
class Modality:
    """One kind of recording: where it is found, how a window of it is prepared, stored, shown to a network and named.

    Attributes:
        name: in files, columns, batches and outputs.
        spoken: in sentences.
        media: what its files are: a sound, a film, or a table of which it is a column.
        folder, suffix: of its files in a StressID tree.
        axes: of a prepared window, besides the channels, which come last.
        channels: of a batch; an array of one channel is stored without that axis.
        range: least and greatest value that is stored.
        stored_bits: of the integers that stand for them.
        version: of its transform; raised when the same file and configuration give other arrays.
        measures: of a window's signal quality, in the manifest as `<name>_<measure>`. Dropped samples are those that a
            signal is shorter than its window; dropped frames are counted in the gaps between a video's frames.
        optional_measures: those that a window has only where an option asks for them; otherwise the manifest has no
            such column.
        limits: options of `QualityConfig` that decide about it.
        encoder: options of `TeacherConfig`, `<encoder>_filters` and `<encoder>_backbone`, that describe its encoder;
            empty for what a teacher takes the measures of alone.
        weight: option of `DistillationConfig`, a Greek letter's name, that weighs its feature in the student's loss;
            empty for what the student hears itself.
        field_size: of a signal, pixels a side of its Gramian angular field of a whole window.
        generator: "module:function" that makes it for the synthetic tree.
        noise: standard deviation, by default, of the arousal that it shows in the synthetic tree about the true one.
    """

    name: str
    spoken: str
    media: str
    folder: str
    suffix: str
    axes: int
    version: int
    measures: tuple[str, ...]
    limits: tuple[str, ...]
    generator: str
    noise: float
    optional_measures: tuple[str, ...] = ()
    encoder: str = ""
    weight: str = ""
    channels: int = 1
    range: tuple[float, float] = (0.0, 1.0)
    stored_bits: int = 8
    field_size: int = 0

    @property
    def is_signal(self) -> bool:
        """Whether it is physiological: a column of a table, imaged as a Gramian angular field."""
        return self.media == TABLE


def signal(
    name: str,
    spoken: str,
    *,
    weight: str,
    version: int,
    generator: str,
    noise: float,
    limits: tuple[str, ...] = (),
    field_size: int = 64,
) -> Modality:
    """What all physiological signals have in common, and a signal's own.

    Args:
        limits: besides those of every signal.
        others: as `Modality`.
    """
    return Modality(
        name,
        spoken,
        media=TABLE,
        folder="Physiological",
        suffix=".txt",
        axes=2,
        version=version,
        measures=("flat_share", "missing_share", "dropped_samples"),
        limits=(
            "min_seconds",
            "max_missing_share",
            "max_flat_share",
            "flat_seconds",
            "signal_rate",
            *limits,
        ),
        encoder="signal",
        weight=weight,
        range=(-1.0, 1.0),
        field_size=field_size,
        generator=generator,
        noise=noise,
    )


_SYNTHETIC = "stressid_keras.dataset.synthetic"
_ALL = (
    Modality(
        "audio",
        "audio",
        media=SOUND,
        folder="Audio",
        suffix=".wav",
        axes=2,
        version=3,
        measures=("clipped_share", "silent_share"),
        limits=("min_seconds", "silence_peak", "clip_peak", "max_silent_share", "max_clipped_share"),
        stored_bits=16,  # 8 would be a larger difference to the deployed model's log-mel than any other
        generator=f"{_SYNTHETIC}.voice:voice",
        noise=0.55,
    ),
    Modality(
        "video",
        "video",
        media=FILM,
        folder="Videos",
        suffix=".mp4",
        axes=3,
        version=2,
        measures=("dropped_frames",),
        optional_measures=("face_share",),
        limits=("min_seconds", "max_dropped_share"),
        encoder="video",
        weight="alpha",
        channels=3,
        generator=f"{_SYNTHETIC}.face:face",
        noise=0.12,
    ),
    signal(
        "ecg",
        "ECG",
        weight="beta",
        version=3,
        limits=("min_beat_likeness",),
        generator=f"{_SYNTHETIC}.body:ecg",
        noise=0.15,
    ),
    signal("eda", "EDA", weight="gamma", version=3, generator=f"{_SYNTHETIC}.body:eda", noise=0.15),
    signal("rr", "respiration", weight="delta", version=3, generator=f"{_SYNTHETIC}.body:rr", noise=0.2),
)

_MEASURES = "_measures"
RECORDS: dict[str, Modality] = {}
MODALITIES: tuple[str, ...] = ()
# The student never has them.
PRIVILEGED: tuple[str, ...] = ()
# What a teacher may learn from: those, and the sound that the student hears as well.
TEACHABLE: tuple[str, ...] = ()
PHYSIOLOGICAL: tuple[str, ...] = ()
WEIGHTS: dict[str, str] = {}


def register(modality: Modality) -> None:
    """Add a modality, before what reads the records is imported: options and columns are made of them.

    Raises:
        ImportError: the configuration, which has an option of each modality, was imported already.
        StressIDError: another one has the name.
    """
    if "stressid_keras.config" in sys.modules:
        raise ImportError(
            f"{modality.name} comes too late; register it before stressid_keras.config is imported."
        )
    if modality.name in RECORDS:
        raise name_taken("modality", modality.name)
    _add(modality)


def _add(modality: Modality) -> None:
    global MODALITIES, PRIVILEGED, TEACHABLE, PHYSIOLOGICAL, WEIGHTS
    RECORDS[modality.name] = modality
    MODALITIES = tuple(RECORDS)
    PRIVILEGED = tuple(name for name, record in RECORDS.items() if record.weight)
    TEACHABLE = (*PRIVILEGED, *(name for name, record in RECORDS.items() if record.media == SOUND))
    PHYSIOLOGICAL = tuple(name for name, record in RECORDS.items() if record.is_signal)
    WEIGHTS = {name: RECORDS[name].weight for name in PRIVILEGED}


def measures_input(modality: str) -> str:
    """The teacher's input for a modality's standard measures, beside that for its picture."""
    return f"{modality}{_MEASURES}"


def is_measures(name: str) -> bool:
    """Whether it is the name of `measures_input`."""
    return name.endswith(_MEASURES)


def spoken_list(names) -> str:
    """Modalities as a sentence lists them: "video, ECG and EDA"."""
    *some, last = (RECORDS[name].spoken for name in names)
    return f"{', '.join(some)} and {last}" if some else last


for _modality in _ALL:
    _add(_modality)
