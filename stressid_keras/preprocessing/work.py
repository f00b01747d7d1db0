"""Making the units that are missing, in this process, in several, or on a cluster."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stressid_keras.config import PreparationConfig
from stressid_keras.preprocessing.cluster import dask_backend
from stressid_keras.preprocessing.faces.models import check_installed
from stressid_keras.preprocessing.lengths import signals_run_on
from stressid_keras.preprocessing.signals.signal_levels import (
    NO_RANGE,
    Levels,
    person_levels,
    recording_levels,
)
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.sources import Source, inspect_sources, measure_sources
from stressid_keras.preprocessing.transforms import PreparedWindow
from stressid_keras.preprocessing.units import (
    load_part,
    make_unit,
    part_path,
    plan_recording,
    refusals,
    save_part,
    told_lengths,
)
from stressid_keras.preprocessing.worker_processes import results_of

Progress = Callable[[int, int, int], None]  # recordings done, recordings in all, recordings with a failure


@dataclass(frozen=True)
class Task:
    """A recording to look at, with what is known of it, so that as little as possible is done again."""

    recording: object  # a dataset Recording
    known: dict[str, Source] = field(default_factory=dict)  # by source_key
    stored: dict[str, str] = field(default_factory=dict)  # modality → fingerprint of what the store holds
    levels: Levels = field(default_factory=dict)  # of the person's signals
    run_on: bool = False  # of the data set: see `lengths.signals_run_on`


@dataclass(frozen=True)
class Outcome:
    """What a task found; what it made is in its part files."""

    recording: object
    sources: dict[str, Source]  # by modality
    failed: bool


@dataclass(frozen=True)
class Inspection:
    """What the files of a recording hold."""

    recording: object
    sources: dict[str, Source]  # by modality
    levels: Levels  # of its signals; none where each window is scaled by itself


def run_tasks(
    function: Callable,
    tasks: list[Task],
    parts: Path,
    config: PreparationConfig,
    jobs: int,
    scheduler: str = "",
) -> Iterator:
    """Results of `function(task, parts, config)`, in any order.

    Args:
        function: `make_recording`, which leaves a part file for each unit that neither store nor parts have, or
            `inspect_recording`.
        jobs: processes on this machine; 1 works in this one.
        scheduler: address of a Dask scheduler, whose workers are used instead.

    Raises:
        OSError: a part file cannot be written.
        StressIDError: a package is missing, a worker process was killed, or the cluster cannot be used.
    """
    if not tasks:
        return
    check_installed(config.video)
    if not scheduler and (jobs == 1 or len(tasks) < 2):
        for task in tasks:
            yield function(task, parts, config)
        return
    import joblib

    if scheduler:  # workers have working directories of their own
        parts = parts.absolute()
        parts.mkdir(parents=True, exist_ok=True)
        tasks = [_with_absolute_paths(task) for task in tasks]
        sources = {path.parent for task in tasks for path in task.recording.sources.values()}
        backend, jobs = dask_backend(scheduler, [parts, min(sources)], config), -1
    else:
        backend = contextlib.nullcontext("loky")
    calls = (joblib.delayed(_run_in_worker)(function, task, parts, config) for task in tasks)
    with backend as chosen:
        yield from results_of(
            calls,
            jobs,
            kept="finished recordings are kept",
            backend=chosen,
            pre_dispatch="all" if scheduler else "2 * n_jobs",  # workers that join later find work
        )


def make_recording(task: Task, parts: Path, config: PreparationConfig) -> Outcome:
    recording = task.recording
    reader = SignalReader(recording, config.quality)
    sources = inspect_sources(recording, task.known, reader)
    plan = plan_recording(recording, sources, config, task.levels, task.run_on)
    failed = False
    for modality, wanted in plan.fingerprints.items():
        if wanted and task.stored.get(modality) == wanted:
            continue
        path = part_path(parts, recording.name, modality)
        unit = load_part(path)
        if unit is None or not wanted or unit.fingerprint != wanted:
            unit = make_unit(recording, modality, plan, config, reader)
            save_part(path, unit)
        failed |= bool(unit.reason)
    return Outcome(recording, sources, failed)


def inspect_recording(task: Task, parts: Path, config: PreparationConfig) -> Inspection:
    """Look at the files of a recording, and the levels of the signals that can be used.

    The lengths of a data set's files, and the levels of a person, are wanted before any signal is imaged.
    """
    reader = SignalReader(task.recording, config.quality)
    sources = inspect_sources(task.recording, task.known, reader)
    levels = _levels(sources, config, reader) if config.gaf.levels == "person" else {}
    return Inspection(task.recording, sources, levels)


def levels_of_person(index, subject: str, config: PreparationConfig) -> Levels | None:
    """`person_levels` of one person of a `DatasetIndex`; None where each window is scaled by itself."""
    if config.gaf.levels != "person":
        return None

    def levels_of(mine: bool) -> list[Levels]:
        recordings = (r for r in index.recordings if (r.subject == subject) == mine)
        return [inspect_recording(Task(recording), Path(), config).levels for recording in recordings]

    own = levels_of(mine=True)
    levels = person_levels(own)
    return person_levels(own, levels_of(mine=False)) if NO_RANGE in levels.values() else levels


def signals_may_run_on(index, recording, config: PreparationConfig) -> bool:
    """Whether signals of a recording that are longer than the rest are used: see `lengths.signals_run_on`.

    Only where they are longer are the files of all other recordings of the `DatasetIndex` looked at.
    """

    def refused(run_on: bool) -> dict[str, str]:
        return refusals(recording, measure_sources(recording, config), config, run_on)

    return refused(False) != refused(True) and signals_run_on(
        told_lengths(other, measure_sources(other, config), config)
        for other in index.recordings
        if set(index.needed) <= set(other.sources)
    )


def prepare_recording(
    recording, config: PreparationConfig, levels: Levels | None = None, run_on: bool = False
) -> dict[str, list[PreparedWindow]]:
    """Prepare a single recording in memory: modality → its windows, in order. A failure is in its window.

    Args:
        levels: of the person's signals; none: this recording's own, as if the person had no other.
        run_on: of the data set: see `signals_may_run_on`.

    Raises:
        StressIDError: a package is missing that the configuration asks for.
    """
    check_installed(config.video)
    reader = SignalReader(recording, config.quality)
    sources = inspect_sources(recording, {}, reader)
    if levels is None and config.gaf.levels == "person":
        levels = _levels(sources, config, reader)
    plan = plan_recording(recording, sources, config, levels, run_on)
    return {
        modality: make_unit(recording, modality, plan, config, reader).windows
        for modality in recording.sources
    }


def _levels(sources: dict[str, Source], config: PreparationConfig, reader: SignalReader) -> Levels:
    """Of the signals that are not refused for what is known of the recording's files, however long they are."""
    return recording_levels(reader, config, refused=refusals(reader.recording, sources, config, run_on=True))


def _with_absolute_paths(task: Task) -> Task:
    sources = {modality: path.absolute() for modality, path in task.recording.sources.items()}
    return dataclasses.replace(task, recording=dataclasses.replace(task.recording, sources=sources))


def _run_in_worker(function: Callable, task: Task, parts: Path, config: PreparationConfig):
    import cv2

    cv2.setNumThreads(1)  # there are as many processes as cores already
    return function(task, parts, config)
