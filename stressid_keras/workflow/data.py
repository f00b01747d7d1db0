"""The data of a run: index, prepared windows, split, and the hand-crafted features of the windows."""

import contextlib
import dataclasses

import numpy as np
import pandas as pd

from stressid_keras.config import to_dict
from stressid_keras.dataset import DatasetIndex, SubjectSplit, index_dataset, split_subjects, subject_folds
from stressid_keras.errors import StaleError
from stressid_keras.modalities import FILM, MODALITIES, PRIVILEGED, RECORDS
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.provenance import fingerprint
from stressid_keras.store.store import PreparedStore
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.stage import Stage

STUDENT_MODALITIES = tuple(name for name in MODALITIES if name not in PRIVILEGED)


@verb
def read_index(context: RunContext) -> DatasetIndex:
    """The recordings of the tree."""
    return _indexed(context)


def read_audio_index(context: RunContext) -> DatasetIndex:
    """In the place of `read_index` where no teacher looks: the recordings with audio, and nothing else of them."""
    return _indexed(context, STUDENT_MODALITIES)


@verb
def prepare(context: RunContext) -> PreparedStore:
    """The prepared windows."""
    index, reporter = read_index(context), context.reporter
    worked = False
    with (
        reporter.stage_if_any("inspect") as inspected,
        reporter.stage("prepare", len(index.recordings)) as report,
    ):

        def progress(done, total, failures):
            nonlocal worked
            worked = True
            report(done, {"failures": failures})

        def announce(nbytes):
            size = f"{nbytes / 2**20:.0f} MiB" if nbytes >= 2**20 else f"{nbytes / 2**10:.0f} KiB"
            reporter.say(f"prepare: about {size} in {context.prepared_dir}, and as much again while it works")

        store = prepare_dataset(
            index,
            context.prepared_dir,
            context.config.preparation,
            context.jobs,
            progress,
            context.scheduler,
            announce,
            inspected,
        )
    if not worked:
        reporter.reused("prepare", [store.path / "manifest.csv"])
    _warn_of_unusable(context, store)
    _warn_of_faces(context, store)
    return store


@verb
def split_people(context: RunContext) -> SubjectSplit:
    """The subjects of each part: written to `split.json` once, and read from there."""
    with context.writing():
        fold, config, given = context.fold, context.config, context.split
        stage = Stage(
            context.common,
            "split_record",
            {
                "windows": prepare(context).windows_fingerprint,
                "classes": len(prepare(context).class_names),
                "dataset": {k: v for k, v in to_dict(config.dataset).items() if k != "class_names"},
                "seed": config.seed,
                "fold": None if fold is None else [*fold, config.folds_validate],
                **({} if given is None else {"given": given.to_dict()}),
            },
            ("split.json",),
        )
        path = context.common / "split.json"
        stage.ensure(lambda: _divided(context).save(path), context.reporter, "split")
        return SubjectSplit.load(path)  # which asserts that no subject is in two parts


@verb
def compute_baseline_features(context: RunContext) -> pd.DataFrame:
    """Hand-crafted features of the complete windows and a speech encoder's statistics, kept in the prepared folder."""
    from stressid_keras.analysis import baselines

    store = prepare(context)
    features = _hand_crafted(context, store)
    return baselines.with_statistics(features, encode_speech(context)[store.complete])


@verb
def baseline_fingerprint(context: RunContext) -> str:
    """Of all that `compute_baseline_features` gives."""
    return fingerprint(compute_baseline_features(context).to_json())


@verb
def encode_speech(context: RunContext) -> np.ndarray:
    """A pretrained speech encoder's statistics of every window, computed once for a prepared folder.

    (rows of the manifest, 1024) float32; NaN where a window has no sound file.
    """
    from stressid_keras.preprocessing.speech_statistics import load_or_compute_statistics

    with context.reporter.stage_if_any("speech encoder") as progress:
        return load_or_compute_statistics(read_index(context), prepare(context), context.jobs, progress)


@verb
def measure_windows(context: RunContext) -> dict[str, np.ndarray]:
    """Measures of the signals and of the face of every window, computed once for a prepared folder.

    By modality (rows of the manifest, n); NaN where a window lacks it, or no face was found for its landmarks.
    """
    from stressid_keras.preprocessing.measures import load_or_compute_expression, load_or_compute_measures

    store = prepare(context)
    with context.reporter.stage_if_any("measures") as progress:
        found = load_or_compute_measures(read_index(context), store, context.jobs, progress)
    if context.config.teacher.video_measures == "landmarks":
        for name in (name for name, record in RECORDS.items() if record.media == FILM):
            with context.reporter.stage_if_any("landmarks") as progress:
                found[name] = load_or_compute_expression(store, name, context.jobs, progress)
    return found


def _hand_crafted(context: RunContext, store: PreparedStore) -> pd.DataFrame:
    from stressid_keras.analysis import baselines

    with contextlib.suppress(StaleError):
        return baselines.load_features(store)
    measure_windows(context)
    recordings = store.manifest["recording"][store.complete].nunique()
    with context.reporter.stage("baseline features", recordings) as report:
        return baselines.load_or_compute(
            read_index(context), store, context.jobs, lambda done, total: report(done)
        )


def _indexed(context: RunContext, modalities: tuple[str, ...] | None = None) -> DatasetIndex:
    index = index_dataset(context.data_dir, context.config.dataset, modalities)
    for warning in index.warnings:
        context.reporter.warn(warning)
    return index


def _warn_of_unusable(context: RunContext, store: PreparedStore) -> None:
    if refused := store.failures["recording"].nunique():
        context.reporter.warn(
            f"{refused} recordings have a modality that cannot be used; "
            f"{store.path / 'failures.csv'} says why."
        )
    if lengths := store.notes.get("lengths"):
        name, found = next(iter(lengths.items()))
        context.reporter.warn(
            f"{len(lengths)} recordings have files of different lengths, such as {name} ({found}); "
            f"{store.path / 'prepare.json'} lists them."
        )


def _warn_of_faces(context: RunContext, store: PreparedStore) -> None:
    shares = store.manifest["video_face_share"].dropna()
    if without := int((shares == 0).sum()):
        context.reporter.warn(
            f"no face was found in {without} of {len(shares)} windows with video; their frames are whole "
            f"(video_face_share in {store.path / 'manifest.csv'})."
        )


def _divided(context: RunContext) -> SubjectSplit:
    if context.split is not None:
        return context.split
    fold, config, store = context.fold, context.config, prepare(context)
    unit = "subject" if fold is None else fold.unit
    complete = store.manifest[store.complete]
    without_audio = set()
    if config.dataset.teacher_recordings == "all":
        without_audio = set(store.manifest[unit]) - set(complete[unit])
    rows, extra = (complete[unit], complete["label"]), tuple(sorted(without_audio))
    if fold is None:
        return split_subjects(*rows, config.dataset, config.seed, extra, len(store.class_names))
    dataset = config.dataset
    if unit == "recording":  # so many of one class each that the first division is as good as any
        dataset = dataclasses.replace(dataset, split_restarts=1)
    folds = subject_folds(
        *rows,
        fold.count,
        dataset,
        config.seed,
        extra,
        unit,
        len(store.class_names),
        validated=config.folds_validate,
    )
    return folds[fold.index]
