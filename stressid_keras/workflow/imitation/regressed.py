"""The measures that a student's feature is to give, and which of them are worth it."""

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.modalities import measures_input
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.imitation.given import Imitated, units
from stressid_keras.workflow.part_windows import (
    heard_key,
    heard_summaries,
    labels,
    measured,
    measured_key,
    measured_names,
)
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import student_rows


def with_measures(context: RunContext, distillation: DistillationConfig, found: Imitated) -> Imitated:
    """Also the measures, standardised by the training part; of `hearable` those that are, perhaps none."""
    rows, outputs = student_rows(context), {part: dict(each) for part, each in found.outputs.items()}
    standard, keys = _standard_measures(context), [measured_key(context), context.config.teacher.measures]
    if distillation.hearable:
        stage = hearable_measures(context)
        kept = stage.record["summary"]["measures"]
        standard = {
            name: {each: values for each, values in columns.items() if each in kept[name]["kept"]}
            for name, columns in standard.items()
        }
        keys.append(stage.fingerprint)
    for modality, columns in standard.items():
        if columns:
            values = np.stack([*columns.values()], axis=1)
            for part, some in rows.items():
                outputs[part][measures_input(modality)] = _like_views(values[some], outputs[part])
    return Imitated(outputs, fingerprint(found.key, *keys))


def hearable_measures(context: RunContext) -> Stage:
    """Which measures audio can predict and the label needs, by the training people; `measures` in the summary.

    Of each modality: how many there are (`of`), how many of these audio can predict (`audible`), how many the label
    needs (`needed`), and the names of those that are both (`kept`).
    """
    from stressid_keras.distillation.heard_measures import VERSION, judged_measures

    rows = student_rows(context)["train"]
    inputs = {
        "measures": [measured_key(context), context.config.teacher.measures],
        "modalities": list(context.config.dataset.teacher_modalities),
        "heard": heard_key(context),
        "rows": fingerprint(rows.tolist(), labels(context, rows).tolist()),
        "seed": context.config.seed,
        "code": VERSION,
    }
    stage = Stage(context.output_dir, "hearable", inputs, ())

    def choose():
        standard = _standard_measures(context)
        places = [(modality, name) for modality, columns in standard.items() for name in columns]
        values = np.array([standard[modality][name][rows] for modality, name in places], np.float32)
        values = values.reshape(len(places), len(rows)).T  # also of none, where no measure differs
        heard, people = heard_summaries(context, rows), units(context)[rows]
        judged = judged_measures(heard, values, labels(context, rows), people, context.config.seed)
        return {"measures": {modality: _counted(modality, places, judged) for modality in standard}}

    return stage.ensure(choose, context.reporter, "measures that can be heard")


def imitable_measures(context: RunContext) -> dict[str, np.ndarray]:
    """Of the teacher's modalities, (rows of the manifest, d); relative to the person where the teacher's are, for who
    somebody is can be told from the voice as well, and is not what is to be learnt."""
    from stressid_keras.preprocessing.measures import relative_to_person

    chosen, subjects = measured(context), prepare(context).manifest["subject"]
    if context.config.teacher.measures != "person":
        return chosen
    return {name: relative_to_person(values, subjects) for name, values in chosen.items()}


def _counted(modality: str, places: list[tuple[str, str]], judged) -> dict:
    own = np.array([each == modality for each, _ in places])
    return {
        "of": int(own.sum()),
        "audible": int(judged.audible[own].sum()),
        "needed": int(judged.needed[own].sum()),
        "kept": [name for (_, name), keeps in zip(places, judged.kept & own, strict=True) if keeps],
    }


def _standard_measures(context: RunContext) -> dict[str, dict[str, np.ndarray]]:
    """By modality and name, of all rows of the manifest (n,), in standard deviations of the student's training rows,
    without those that never differ there; NaN stays."""
    from stressid_keras.layers.measure_normalization import LIMIT, mean_and_scale

    train, names, found = student_rows(context)["train"], measured_names(context), {}
    for modality, values in imitable_measures(context).items():
        mean, scale = mean_and_scale(values[train])
        standard = np.clip((values - mean) * scale, -LIMIT, LIMIT).astype(np.float32)
        columns = zip(names[modality], standard.T, scale, strict=True)
        found[modality] = {name: column for name, column, factor in columns if factor > 0}
    return found


def _like_views(values: np.ndarray, others: dict[str, np.ndarray]) -> np.ndarray:
    """(n, d), or (n, views, d) where the teacher was asked about several views, of which all have the same measures."""
    views = next((other.shape[1] for other in others.values() if other.ndim == 3), None)
    return values if views is None else np.repeat(values[:, None], views, axis=1)
