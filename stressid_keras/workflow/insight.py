"""What noise and the like do to the students of one split, and what they listen to."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from stressid_keras.config import to_dict
from stressid_keras.store.encoding import from_stored, narrow, to_stored
from stressid_keras.store.sealed_arrays import write_arrays
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import prepare, split_people
from stressid_keras.workflow.part_windows import labels, part_rows, recordings
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.student_stages import train_networks
from stressid_keras.workflow.training import load_trained

VERSION = 2  # raised when corruptions or maps change for the same networks
STUDENTS = ("student", "student_ce")
N_VOICES = 12  # recordings of the training part that babble is made from
N_MAPS = 3  # windows of the test part whose occlusion maps are kept; one takes 160 predictions


@verb
def corrupt(context: RunContext) -> Stage:
    """`robustness.csv`: both students on corrupted test windows; empty where the audio came as images."""
    return _robustness(context).ensure(lambda: _corrupt(context), context.reporter)


@verb
def inspect(context: RunContext) -> Stage:
    """`inspection.npz`: which times and frequencies of the test windows the students go by."""
    return _inspection(context).ensure(lambda: _inspect(context), context.reporter)


def is_inspected(context: RunContext) -> bool:
    """Whether robustness and inspection are there and current."""
    return _robustness(context).is_current() and _inspection(context).is_current()


def _robustness(context: RunContext) -> Stage:
    config = context.config
    inputs = {"config": to_dict(config.robustness.complete), "seed": config.seed}
    return _stage(context, "robustness", inputs, "robustness.csv")


def _inspection(context: RunContext) -> Stage:
    return _stage(context, "inspection", {"config": to_dict(context.config.inspection)}, "inspection.npz")


def _stage(context: RunContext, name: str, inputs: dict, output: str) -> Stage:
    """Of what the students are asked about the windows."""
    stages = train_networks(context)
    asked = {
        "models": {student: stages[student].record["outputs"] for student in STUDENTS},
        "store": prepare(context).fingerprint,
        "split": split_people(context).to_dict(),
    }
    return Stage(context.output_dir, name, {**asked, **inputs, "code": VERSION}, (output,))


def _corrupt(context: RunContext) -> None:
    from stressid_keras import evaluation
    from stressid_keras.analysis.robustness import robustness_predictions

    rows, store, config = part_rows(context, "test"), prepare(context), context.config
    voices = [(row["subject"], waveform) for row, waveform in _waveforms(context, _voices(context))]
    windows = _waveforms(context, rows)
    path = context.output_dir / "robustness.csv"
    first = next(windows, None)
    if first is None or not voices:  # images made earlier have no sound
        columns = evaluation.prediction_columns(store.class_names)
        evaluation.write_predictions(path, pd.DataFrame(columns=[*columns, "corruption", "level", "silent"]))
        return
    with context.reporter.stage("robustness", len(rows)) as report:
        table = robustness_predictions(
            {name: load_trained(context.output_dir, name) for name in STUDENTS},
            itertools.chain([first], windows),
            voices,
            config.preparation.audio,
            store.class_names,
            config.robustness,
            config.seed,
            report,
        )
    evaluation.write_predictions(path, table)


def _waveforms(context: RunContext, rows) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Manifest row and waveform of each window whose audio did not come as an image."""
    from stressid_keras.preprocessing.waveforms import window_waveforms

    return window_waveforms(prepare(context), rows, recordings(context, rows))


def _voices(context: RunContext) -> np.ndarray:
    """Some rows of the training part, spread over its people."""
    rows = part_rows(context, "train")
    return rows[np.unique(np.linspace(0, len(rows) - 1, N_VOICES).astype(int))]


def _inspect(context: RunContext) -> None:
    """What is hidden, by model and by ear, with all that is needed to draw it."""
    from stressid_keras.analysis.hearing import networks_by_ear
    from stressid_keras.analysis.inspection import band_importances, occlusion_maps

    config, rows = context.config.inspection, part_rows(context, "test")
    networks = {name: load_trained(context.output_dir, name) for name in STUDENTS}
    by_ear = networks_by_ear(networks, context.config.preparation.audio)
    true = labels(context, rows)
    shown = np.unique(np.linspace(0, len(rows) - 1, min(N_MAPS, len(rows))).astype(int))
    arrays, done = {"rows": rows, "shown": shown}, 0
    with context.reporter.stage("inspection", len(by_ear) * (1 + len(shown))) as report:
        for ear, asked in by_ear:
            windows = _pictures(context, rows, ear)
            arrays[f"axes_{ear.name}"] = np.array(ear.axes)
            for name, importances in band_importances(asked, ear, windows, true, config).items():
                arrays[f"ear_{name}"], arrays[f"bands_{name}"] = np.array(ear.name), importances
            report(done := done + 1)
            for position in shown:
                picture = windows[position]
                arrays[f"picture_{ear.name}_{position}"] = narrow(to_stored(ear.drawn(picture), "audio"))
                maps = occlusion_maps(asked, ear, picture, int(true[position]), config)
                arrays |= {f"map_{name}_{position}": found for name, found in maps.items()}
                report(done := done + 1)
    write_arrays(context.output_dir / "inspection.npz", arrays)


def _pictures(context: RunContext, rows, ear) -> list[np.ndarray]:
    """What a student hears of each window, as an image; a log-mel is in the store, also of audio that is one itself."""
    store = prepare(context)
    if ear.name == "audio":
        return [from_stored(store.read(row, "audio"), "audio") for row in rows]
    return [ear.picture(waveform) for _, waveform in _waveforms(context, rows)]
