"""What is recorded of a person: a record of each modality, which everything that depends on the modality reads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Modality:
    """One kind of recording, as a window of it is prepared, stored, shown to a network and named.

    Attributes:
        name: in files, columns, batches and outputs.
        spoken: in sentences.
        axes: of a prepared window, besides the channels, which come last.
        channels: of a batch; an array of one channel is stored without that axis.
        range: least and greatest value that is stored.
        stored_bits: of the integers that stand for them.
        is_signal: physiological, a column of a table, imaged as a Gramian angular field.
        version: of its transform; raised when the same file and configuration give other arrays.
        measures: of a window's signal quality, in the manifest as `<name>_<measure>`. Dropped samples are those that a
            signal is shorter than its window; dropped frames are counted in the gaps between a video's frames.
        limits: options of `QualityConfig` that decide about it.
        weight: option of `DistillationConfig`, a Greek letter's name, that weighs its feature in the student's loss;
            empty for what the student hears itself.
    """

    name: str
    spoken: str
    axes: int
    version: int
    measures: tuple[str, ...]
    limits: tuple[str, ...]
    weight: str = ""
    channels: int = 1
    range: tuple[float, float] = (0.0, 1.0)
    stored_bits: int = 8
    is_signal: bool = False


def _signal(name: str, spoken: str, weight: str, version: int, *limits: str) -> Modality:
    """What all physiological signals have in common, and a signal's own."""
    return Modality(
        name,
        spoken,
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
        weight=weight,
        range=(-1.0, 1.0),
        is_signal=True,
    )


_ALL = (
    Modality(
        "audio",
        "audio",
        axes=2,
        version=3,
        measures=("clipped_share", "silent_share"),
        limits=("min_seconds", "silence_peak", "clip_peak", "max_silent_share", "max_clipped_share"),
        stored_bits=16,  # 8 would be a larger difference to the deployed model's log-mel than any other
    ),
    Modality(
        "video",
        "video",
        axes=3,
        version=2,
        measures=("dropped_frames",),
        limits=("min_seconds", "max_dropped_share"),
        weight="alpha",
        channels=3,
    ),
    _signal("ecg", "ECG", "beta", 3, "min_beat_likeness"),
    _signal("eda", "EDA", "gamma", 3),
    _signal("rr", "respiration", "delta", 3),
)
RECORDS = {modality.name: modality for modality in _ALL}
MODALITIES = tuple(RECORDS)
# The student never has them.
PRIVILEGED = tuple(name for name, modality in RECORDS.items() if modality.weight)
PHYSIOLOGICAL = tuple(name for name, modality in RECORDS.items() if modality.is_signal)
WEIGHTS = {name: RECORDS[name].weight for name in PRIVILEGED}
