"""Preparing a whole tree: what is new or stale is made, what is current is kept, then all is packed."""

import shutil
from collections.abc import Callable
from pathlib import Path

from stressid_keras.config import PreparationConfig, deciding, to_dict
from stressid_keras.dataset import DatasetIndex
from stressid_keras.errors import DatasetError, StaleError, StressIDError
from stressid_keras.modalities import spoken_list
from stressid_keras.preprocessing.estimate import estimate_nbytes
from stressid_keras.preprocessing.lengths import signals_run_on
from stressid_keras.preprocessing.packing import Packer, StoredUnits, commit
from stressid_keras.preprocessing.signals.signal_levels import NO_RANGE, Levels, person_levels
from stressid_keras.preprocessing.sources import Source, current_source, load_known, save_known, source_key
from stressid_keras.preprocessing.units import (
    Plan,
    Unit,
    levels_key,
    load_part,
    part_path,
    plan_recording,
    refusals,
    told_lengths,
)
from stressid_keras.preprocessing.work import Progress, Task, inspect_recording, make_recording, run_tasks
from stressid_keras.provenance import fingerprint, read_sealed, versions, write_sealed
from stressid_keras.store.store import PreparedStore
from stressid_keras.system.locking import exclusive

# Caches, no part of the store: hashes of source files by stamp, and levels of signals by the hash of their file.
KNOWN_SOURCES = ".sources.json"
KNOWN_LEVELS = ".levels.json"


def prepare_dataset(
    index: DatasetIndex,
    prepared_dir: Path,
    config: PreparationConfig,
    jobs: int = 1,
    progress: Progress | None = None,
    scheduler: str = "",
    announce: Callable[[int], None] | None = None,
    inspected: Callable[[int, int], None] | None = None,
) -> PreparedStore:
    """Prepare the recordings of a tree that have at least the teacher's modalities, or audio where no teacher looks.

    What an earlier run made and is still current (same file content, configuration and transform version) is
    kept; if nothing changed, the store is returned at once. An interrupted run, repeated, does what is left
    and ends with the same bytes. A second run on the same folder waits for the first.

    Args:
        index: a `DatasetIndex`.
        prepared_dir: made if it is not there.
        jobs: processes; 1 works in this one.
        progress: called with (recordings done, recordings in all, recordings with a failure so far).
        scheduler: address of a Dask scheduler; its workers, which must see the same files at the same paths,
            then do the work instead of processes of this machine.
        announce: called with the bytes that the arrays will have, about, before there is work to be done.
        inspected: called with (recordings looked at, recordings to look at): before anything is made, all files that
            are not known are read once, for their content's hash and length and, where signals are imaged between
            the levels of their person, for these.

    Raises:
        DatasetError: nothing usable; `failures.csv` says why.
        StressIDError: the folder cannot be written, a package is missing that the configuration asks for, a worker
            process was killed, or the cluster cannot be used.
    """
    folder = Path(prepared_dir)
    try:
        with exclusive(folder):
            return _Preparation(index, folder, config).run(jobs, progress, scheduler, announce, inspected)
    except OSError as error:  # a source that cannot be read is a failure of its recording: this is the folder
        raise StressIDError(
            f"{folder} cannot be written ({error.strerror or error}); "
            "fix that and run again: finished recordings are kept."
        ) from error


class _Preparation:
    """One run: what is known, what is to be done, and the packing of all of it."""

    def __init__(self, index, folder: Path, config: PreparationConfig):
        commit(folder)  # of a run that was killed while it replaced the store
        self.index, self.folder, self.config = index, folder, config
        self.parts = folder / "parts"
        self.recordings = [r for r in index.recordings if set(index.needed) <= set(r.sources)]
        if not self.recordings:
            raise DatasetError(
                f"{index.root}: none of {len(index.recordings)} labelled recordings has "
                f"{spoken_list(index.needed)}; expected at least one with all of them."
            )
        self.stored = StoredUnits(folder)
        self.sources: dict[str, dict[str, Source]] = {}  # recording → modality → Source
        self.plans: dict[str, Plan] = {}
        self.levels: dict[str, Levels] = {}  # by subject
        self.run_on = False  # known once all files were inspected

    def run(self, jobs: int, progress: Progress | None, scheduler: str, announce, inspected) -> PreparedStore:
        known = load_known(self.folder / KNOWN_SOURCES)
        self._inspect(known, jobs, scheduler, inspected)
        tasks = self._outstanding(known)
        if not tasks and (store := self._current_store()):
            return store
        if announce and tasks:
            announce(estimate_nbytes(self.recordings, self.config, self.run_on))
        done, failed = len(self.recordings) - len(tasks), 0
        try:
            for outcome in run_tasks(make_recording, tasks, self.parts, self.config, jobs, scheduler):
                self._learn(outcome.recording, outcome.sources)
                done, failed = done + 1, failed + outcome.failed
                if progress:
                    progress(done, len(self.recordings), failed)
        finally:
            self._save_known()
        self._pack()
        return PreparedStore.open(self.folder)

    def _inspect(self, known: dict[str, Source], jobs: int, scheduler: str, inspected) -> None:
        """Learn whether signals run on, and the levels of every person where they are wanted.

        A recording is read unless its files were inspected and not touched since. What was found before an
        interruption is kept.
        """
        path, wanted = self.folder / KNOWN_LEVELS, self.config.gaf.levels == "person"
        remembered = _remembered_levels(path) if wanted else {}
        found: dict[str, Levels] = {}
        inspected_sources: dict[str, dict[str, Source]] = {}
        keys: dict[str, str] = {}
        unknown = []
        for recording in self.recordings:
            sources = {m: current_source(recording, m, known) for m in recording.sources}
            key = keys[recording.name] = levels_key(recording, sources, self.config)
            if key and (key in remembered or not wanted):
                found[recording.name], inspected_sources[recording.name] = remembered.get(key, {}), sources
            else:
                unknown.append(Task(recording, _mine(recording, known)))
        results = run_tasks(inspect_recording, unknown, self.parts, self.config, jobs, scheduler)
        try:
            for done, seen in enumerate(results, start=1):
                name = seen.recording.name
                inspected_sources[name] = seen.sources
                found[name], keys[name] = seen.levels, levels_key(seen.recording, seen.sources, self.config)
                known |= {source_key(seen.recording, m): source for m, source in seen.sources.items()}
                if inspected:
                    inspected(done, len(unknown))
        finally:
            if unknown and wanted:
                write_sealed(path, {keys[name]: found[name] for name in sorted(found) if keys[name]})
            if unknown:
                save_known(self.folder / KNOWN_SOURCES, known)
        lengths = (told_lengths(r, inspected_sources[r.name], self.config) for r in self.recordings)
        self.run_on = signals_run_on(lengths)
        if not wanted:
            return
        for recording in self.recordings:
            refused = refusals(recording, inspected_sources[recording.name], self.config, self.run_on)
            found[recording.name] = {m: pair for m, pair in found[recording.name].items() if m not in refused}
        self.levels = self._levels_of_people(found)

    def _levels_of_people(self, found: dict[str, Levels]) -> dict[str, Levels]:
        """By subject; where a person's recordings disagree, those of all others decide."""
        people: dict[str, list[Levels]] = {}
        for recording in self.recordings:
            people.setdefault(recording.subject, []).append(found[recording.name])
        levels = {subject: person_levels(mine) for subject, mine in people.items()}
        for subject, ranges in levels.items():
            if NO_RANGE in ranges.values():
                others = [one for other, theirs in people.items() if other != subject for one in theirs]
                levels[subject] = person_levels(people[subject], others)
        return levels

    def _outstanding(self, known: dict[str, Source]) -> list[Task]:
        """Recordings of which a file is new or was touched, or a unit is not in the store."""
        tasks = []
        for recording in self.recordings:
            sources = {m: current_source(recording, m, known) for m in recording.sources}
            stored = {m: self.stored.fingerprint(recording.name, m) for m in recording.sources}
            if all(sources.values()):
                self._learn(recording, sources)
                if stored == self.plans[recording.name].fingerprints and all(stored.values()):
                    continue
            levels = self.levels.get(recording.subject, {})
            tasks.append(Task(recording, _mine(recording, known), stored, levels, self.run_on))
        return tasks

    def _current_store(self) -> PreparedStore | None:
        """The store as it is, if packing again would give the same."""
        units = {name: plan.fingerprints for name, plan in self.plans.items()}
        try:
            store = PreparedStore.open(self.folder)
        except StressIDError:
            return None
        if store.fingerprint != self._fingerprint(units):
            return None
        shutil.rmtree(self.parts, ignore_errors=True)
        return store

    def _pack(self) -> None:
        packer = Packer(self.folder, self.index.needed, self.config.quality.signal_rate)
        for recording in self.recordings:
            plan = self.plans[recording.name]
            units = {m: self._unit(recording.name, m, plan) for m in recording.modalities}
            packer.add(recording, plan.spans, units)
        if not packer.rows:
            self._refuse(packer)
        packer.finish(self._description(packer))

    def _refuse(self, packer: Packer) -> None:
        failures = self.folder / "failures.csv"
        packer.write_failures(failures)
        name, modality, reason = next(
            (failure for failure in packer.failures if failure[1] in self.index.needed),
            packer.failures[0],
        )
        raise DatasetError(
            f"None of {len(self.recordings)} recordings can be used; the first, {name}, "
            f"because of its {modality}: {reason} All reasons are in {failures}."
        )

    def _unit(self, name: str, modality: str, plan: Plan) -> Unit:
        wanted = plan.fingerprints[modality]
        if wanted and self.stored.fingerprint(name, modality) == wanted:
            return self.stored.unit(name, modality)
        unit = load_part(part_path(self.parts, name, modality))
        if unit is None:
            raise StaleError(f"{self.parts} lost the {modality} of {name} while it was in use; run again.")
        return unit

    def _description(self, packer: Packer) -> dict:
        """What `prepare.json` says; nothing in it depends on when, where or in how many runs it was made."""
        channels = (found["audio"].channels for found in self.sources.values() if "audio" in found)
        return {
            "fingerprint": self._fingerprint(packer.fingerprints),
            "windows_fingerprint": self._windows_fingerprint(packer.fingerprints),
            "class_names": list(self.index.class_names),
            "label_column": self.index.label_column,
            "modalities": list(self.index.modalities),
            "notes": {"lengths": {name: plan.note for name, plan in sorted(self.plans.items()) if plan.note}},
            "counts": {
                "recordings": len(self.recordings),
                "recordings_left_out": len(self.index.recordings) - len(self.recordings),
                "recordings_with_failures": len({name for name, _, _ in packer.failures}),
                "recordings_without_window": len(self.recordings)
                - len({row["recording"] for row in packer.rows}),
                "windows": len(packer.rows),
                "windows_complete": sum(row["audio_shape"] != "" for row in packer.rows),
                "windows_left_out": packer.windows_left_out,
                "stereo_mixed": sum(count > 1 for count in channels),
            },
            "config": to_dict(self.config),
            "versions": versions(),
        }

    def _fingerprint(self, units: dict[str, dict[str, str]]) -> str:
        return fingerprint(self._windows_fingerprint(units), self.index.class_names)

    def _windows_fingerprint(self, units: dict[str, dict[str, str]]) -> str:
        identities = [(r.name, r.subject, r.task, r.label, units[r.name]) for r in self.recordings]
        return fingerprint(deciding(self.config), self.index.label_column, identities)

    def _learn(self, recording, sources: dict[str, Source]) -> None:
        self.sources[recording.name] = sources
        levels = self.levels.get(recording.subject)
        self.plans[recording.name] = plan_recording(recording, sources, self.config, levels, self.run_on)

    def _save_known(self) -> None:
        known = {
            source_key(recording, modality): self.sources[recording.name][modality]
            for recording in self.recordings
            if recording.name in self.sources
            for modality in recording.sources
        }
        save_known(self.folder / KNOWN_SOURCES, known)


def _remembered_levels(path: Path) -> dict[str, Levels]:
    """What an earlier run found, by `levels_key`; a file that is damaged or was changed merely makes a run slower."""
    try:
        return {
            key: {modality: (float(low), float(high)) for modality, (low, high) in levels.items()}
            for key, levels in (read_sealed(path) or {}).items()
        }
    except (AttributeError, TypeError, ValueError):
        return {}


def _mine(recording, known: dict[str, Source]) -> dict[str, Source]:
    """What is known of the files of one recording."""
    keys = (source_key(recording, modality) for modality in recording.sources)
    return {key: known[key] for key in keys if key in known}
