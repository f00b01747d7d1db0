"""A synthetic tree in StressID's layout, for tests and for trying things out; not for claims about stress.

Every recording has an arousal near its class. Each modality shows that arousal with an error of its own, on
top of what its subject is like: the signals and the video tell the classes apart well, the voice less so.
"""

import contextlib
import functools
import io
import pkgutil
import warnings
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import soundfile

from stressid_keras import provenance
from stressid_keras.config import LABEL_COLUMNS, to_dict
from stressid_keras.dataset.adapters.stressid import LABELS_FILE
from stressid_keras.dataset.synthetic.face import write_mp4
from stressid_keras.dataset.synthetic.plan import (
    PlannedRecording,
    SyntheticConfig,
    arousal,
    plan_recordings,
    shown,
)
from stressid_keras.errors import DatasetError
from stressid_keras.modalities import FILM, RECORDS, SOUND
from stressid_keras.system.temporary import temporary_folder

GENERATOR = 1  # raise it when the same configuration gives other files
RECORD = "synthetic.json"


def make_synthetic_tree(
    root: Path | str,
    config: SyntheticConfig = SyntheticConfig(),  # noqa: B008 (immutable)
    progress: Callable[[int, int], None] | None = None,
    jobs: int = 1,
) -> Path:
    """Write a synthetic StressID tree: wav, mp4, txt, labels.csv and the record `synthetic.json`.

    The same configuration gives the same bytes, whatever `jobs`. A tree of this configuration is left as it
    is, another synthetic tree is replaced. The folder appears when it is complete, not before.

    Args:
        root: the folder to make.
        config: what to make.
        progress: called with (recordings done, recordings in all) after each.
        jobs: processes.

    Returns:
        `root` as a path.

    Raises:
        DatasetError: `root` holds something else than a synthetic tree.
    """
    root = Path(root)
    if is_synthetic_tree(root, config):
        return root
    _refuse_to_replace(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(root.parent) as temporary:
        tree = temporary / "new"
        tree.mkdir()
        try:
            _write_recordings(tree, config, progress, jobs)
        except OSError as error:
            # The error names a file of the temporary folder, if any.
            raise OSError(error.errno, error.strerror or str(error), str(root)) from error
        _write_labels(tree, config)
        provenance.write_json(tree / RECORD, _record(config))
        if root.exists():
            root.rename(temporary / "old")
        tree.rename(root)
    return root


def is_synthetic_tree(root: Path | str, config: SyntheticConfig) -> bool:
    """Whether `root` holds every file of a tree of this configuration and this generator version."""
    root = Path(root)
    if provenance.read_json(root / RECORD) != _record(config) or not (root / LABELS_FILE).is_file():
        return False
    return all(
        path.is_file() for planned in plan_recordings(config) for path in _paths(root, planned).values()
    )


def is_generated(root: Path | str) -> bool:
    """Whether a tree was made here, of whatever configuration: nobody was recorded."""
    record = provenance.read_json(Path(root) / RECORD)
    return isinstance(record, dict) and "generator" in record


def _record(config: SyntheticConfig) -> dict:
    return {"generator": GENERATOR, "config": to_dict(config)}


def _refuse_to_replace(root: Path) -> None:
    """Raises DatasetError unless `root` is absent, an empty folder or a synthetic tree."""
    if not root.exists():
        return
    if root.is_dir() and (is_generated(root) or not any(root.iterdir())):
        return
    raise DatasetError(
        f"{root} exists and is not a synthetic tree (no {RECORD}); expected a new folder: choose another or "
        "move this one away."
    )


def _paths(root: Path, recording: PlannedRecording) -> dict[str, Path]:
    """Modality → file; the signals share one."""
    subject = recording.name.partition("_")[0]
    return {
        name: root / record.folder / subject / f"{recording.name}{record.suffix}"
        for name, record in RECORDS.items()
        if record.media != SOUND or recording.has_audio
    }


def _write_recordings(root: Path, config: SyntheticConfig, progress, jobs: int) -> None:
    recordings = plan_recordings(config)
    for recording in recordings:
        for path in _paths(root, recording).values():
            path.parent.mkdir(parents=True, exist_ok=True)
    calls = (joblib.delayed(_write_recording)(root, config, recording) for recording in recordings)
    run = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    with warnings.catch_warnings(), contextlib.closing(run(calls)) as written:
        warnings.filterwarnings("ignore", ".*tasks which were still being processed")  # when interrupted
        for done, _ in enumerate(written, 1):
            if progress is not None:
                progress(done, len(recordings))


def _write_recording(root: Path, config: SyntheticConfig, recording: PlannedRecording) -> None:
    signals = {}
    for name, path in _paths(root, recording).items():
        record = RECORDS[name]
        make = functools.partial(pkgutil.resolve_name(record.generator), *shown(config, recording, name))
        if record.media == SOUND:
            content = io.BytesIO()  # libsndfile would not say that the disk is full
            sound = make(config.seconds, config.sample_rate)
            soundfile.write(content, sound, config.sample_rate, subtype="PCM_16", format="WAV")
            path.write_bytes(content.getvalue())
        elif record.media == FILM:
            write_mp4(
                path,
                make((round(config.seconds * config.fps), config.fps, config.height, config.width)),
                config.fps,
            )
        else:
            signals.setdefault(path, {})[name] = make(config.seconds, config.signal_rate)
    for path, columns in signals.items():
        row = ",".join(["%.4f"] * len(columns)) + "\n"
        values = np.stack(list(columns.values()), axis=1).ravel().tolist()
        rows = row * (len(values) // len(columns)) % tuple(values)
        path.write_text(",".join(columns).upper() + "\n" + rows, encoding="utf-8")


def _write_labels(root: Path, config: SyntheticConfig) -> None:
    rows = [f"subject/task,{LABEL_COLUMNS['binary']},{LABEL_COLUMNS['affect3']}"]
    for recording in plan_recordings(config):
        rows.append(f"{recording.name},{int(arousal(config, recording) > 1)},{recording.label}")
    provenance.write_text(root / LABELS_FILE, "\n".join(rows) + "\n")
