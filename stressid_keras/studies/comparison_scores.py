"""Methods of distillation side by side: what each gains over cross-entropy alone, and what there was to gain."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.evaluation.comparisons import holm, model_agreement
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.gap import gap_closed
from stressid_keras.evaluation.scores import score_folds
from stressid_keras.provenance import write_text
from stressid_keras.reporting import figures
from stressid_keras.reporting.figure_files import write_figures
from stressid_keras.reporting.page import element, page, table
from stressid_keras.reporting.tables import ABSENT, number, score_title, signed, text_table
from stressid_keras.studies.rows import CONTROL, difference_cells, score_cells, variant_rows, write_rows

TEACHER = "teacher"
TITLE = "Comparison of distillation methods"
READING = (
    "Every method trains the same student from the same first weights on the same folds, with the same teacher. "
    "Differences are paired by subject against cross-entropy alone, the control. Holm's p is adjusted for the "
    "number of methods that were tried. Gap closed is the gain as a share of what the teacher is better than the "
    "control; it is left out where the teacher is no better, and its interval where that is not sure. Agreement is the "
    "share of windows of which student and teacher say the same. SD is the standard deviation, over the seeds, of the "
    "score or difference before it: each seed divides the people anew and trains anew."
)
MODALITIES_TITLE = "What the teacher goes by"
MODALITIES_READING = (
    "The trained teacher with features set to zero before its classifier, as modality dropout does it in training: how "
    "much this teacher goes by a modality, not what one that was trained without it would reach."
)
CONTROLS_TITLE = "What the other modalities are worth"
CONTROLS_READING = (
    "A method minus the same method with two controls in the teacher's place. Permuted: the teacher's outputs are "
    "exchanged among recordings of a class, so that the regularisation alone is left. Born again: the soft labels "
    "are those of other students, so that no other modality takes part. A gain over cross-entropy that is not one over "
    "both does not come from what the other modalities say of a recording."
)
PERMUTED, BORN_AGAIN = "permuted", "born-again"
SOURCES = {
    "forest",
    "cross-fit",
    "chosen-share",
}  # who is imitated, and what goes with that: born-again is another
WIDE = ("macro F1 [95%]", "by seed")  # columns for which a terminal has no room


def method_scores(
    predictions: pd.DataFrame,
    train_rows: pd.DataFrame,
    names: dict[str, str],
    class_names: Sequence[str],
    seed: int,
    seconds: dict[str, float],
) -> dict:
    """Scores of each method, beside control, teacher and floors.

    Args:
        predictions, train_rows, class_names, seed: as for `score_folds`; `predictions` hold the students in `names`,
            the control (`student_ce`), the teacher, and the teacher with modalities missing (`teacher_…`).
        names: what to call each method, by its model.
        seconds: what training a model took, on average over the folds.

    Returns:
        `title`, which names the protocol; `protocol`, that of `score_folds`; `methods`, the rows of `variant_rows` for
        the control and each method, with `p_holm`, the results of `gap_closed` and of `model_agreement` with the
        teacher, and `seconds`; `controls`, for each method of which a control was compared, rows whose differences are
        to that; `teacher`, its row; `teacher_modalities`, rows whose differences are to the whole teacher; `floors`,
        with `name`, `macro_f1` and `balanced_accuracy`.

    Raises:
        StressIDError: control or teacher is missing, or as `score_folds`.
    """
    metrics = score_folds(predictions, train_rows, class_names, seed)
    names = {CONTROL: "cross-entropy (control)", **names}
    *methods, teacher = variant_rows(predictions, metrics, {**names, TEACHER: "teacher"})
    for row, p_value in zip(methods, holm([row["p_value"] for row in methods]), strict=True):
        row |= {"p_holm": p_value, **_beside_teacher(predictions, row["model"], seed)}
        row["seconds"] = seconds.get(row["model"])
    teacher["seconds"] = seconds.get(TEACHER)
    controls = [
        {"name": names[model], "control": names[control]}
        | variant_rows(predictions, metrics, {model: names[model]}, control)[0]
        for model, control in _with_controls(names)
    ]
    missing = {
        model: _modality_name(model)
        for model in predictions["model"].unique()
        if model.startswith(f"{TEACHER}_")
    }
    floors = metrics["floors"]["test"]
    return {
        "title": score_title(metrics),
        "protocol": metrics["protocol"],
        "methods": methods,
        "controls": controls,
        "teacher": teacher,
        "teacher_modalities": variant_rows(predictions, metrics, missing, TEACHER),
        "floors": [
            {"name": name, **{key: floors[f"{floor}_{key}"] for key in ("macro_f1", "balanced_accuracy")}}
            for floor, name in FLOORS.items()
        ],
    }


def write_comparison_report(folder: Path, found: dict) -> list[str]:
    """Write `comparison.csv`, `comparison.html`, tables and figures as one file that loads nothing, and those figures.

    Args:
        found: the result of `method_scores`.

    Returns:
        The files of the figures, relative to the folder.
    """
    kinds = {"method": found["methods"], "teacher": [found["teacher"]]}
    kinds |= {"control": found["controls"]}
    kinds |= {"teacher modality": found["teacher_modalities"], "floor": found["floors"]}
    write_rows(
        folder / "comparison.csv", [{"kind": kind, **row} for kind, rows in kinds.items() for row in rows]
    )
    compared = figures.forest_figure(pd.DataFrame([*found["methods"][1:], found["teacher"]]))
    modalities = figures.forest_figure(pd.DataFrame(found["teacher_modalities"]), "the whole teacher")
    sections = [
        element("h1", TITLE),
        element("p", READING),
        element("p", found["protocol"]["interval"]),
        _html(_method_columns(found), found["title"]),
        compared,
        *_controls_section(found),
        element("h2", MODALITIES_TITLE),
        element("p", MODALITIES_READING),
        _html(_modality_columns(found), found["title"]),
        modalities,
    ]
    write_text(folder / "comparison.html", page(TITLE, sections))
    return write_figures(folder, {"methods": compared, "teacher_modalities": modalities})


def comparison_table(found: dict) -> str:
    """Both tables as text for the terminal."""
    tables = {
        found["title"]: _method_columns(found),
        CONTROLS_TITLE: _control_columns(found),
        MODALITIES_TITLE: _modality_columns(found),
    }
    return "\n\n".join(_text(columns, title) for title, columns in tables.items() if columns)


def _with_controls(names: dict[str, str]) -> list[tuple[str, str]]:
    """Models, each beside a model that is its control, by what the methods are called."""
    parts = {model: frozenset(name.split("+")) for model, name in names.items()}
    models = {each: model for model, each in parts.items()}
    found = []
    for model, own in parts.items():
        if not own & {PERMUTED, BORN_AGAIN}:
            controls = (own | {PERMUTED}, (own - SOURCES) | {BORN_AGAIN})
            found += [(model, models[control]) for control in controls if control in models]
    return found


def _controls_section(found: dict) -> list[str]:
    if not found["controls"]:
        return []
    columns = _html(_control_columns(found), found["title"])
    return [element("h2", CONTROLS_TITLE), element("p", CONTROLS_READING), columns]


def _control_columns(found: dict) -> list[dict[str, str]]:
    rows = []
    for row in found["controls"]:
        difference, ends, p_value = difference_cells(row)
        by_seed = " ".join(map(signed, row["difference_by_seed"].values()))
        rows.append(
            {
                "": row["name"],
                "minus": row["control"],
                "macro F1": difference,
                "SD": number(row["difference_sd"]),
                "[95% interval]": ends,
                "p": p_value,
                "by seed": by_seed,
            }
        )
    return rows


def _beside_teacher(predictions: pd.DataFrame, model: str, seed: int) -> dict:
    student, control, teacher = (
        predictions[predictions["model"] == name] for name in (model, CONTROL, TEACHER)
    )
    gap = gap_closed(student, control, teacher, seed=seed)
    gap = dict.fromkeys(gap) if model == CONTROL else gap
    return {**gap, **model_agreement(student, teacher)}


def _modality_name(model: str) -> str:
    """Of `teacher_without_ecg` and `teacher_only_ecg`: what the teacher has."""
    how, modality = model.removeprefix(f"{TEACHER}_").split("_", 1)
    return f"{modality} alone" if how == "only" else f"without {modality}"


def _method_columns(found: dict) -> list[dict[str, str]]:
    """The texts of each row by the name of their column."""
    rows = [_columns(row) | _method_further(row) for row in [*found["methods"], found["teacher"]]]
    for floor in found["floors"]:
        scores = {"macro F1": number(floor["macro_f1"]), "UAR": number(floor["balanced_accuracy"])}
        rows.append(dict.fromkeys(rows[0], "") | {"": f"floor: {floor['name']}"} | scores)
    return rows


def _method_further(row: dict) -> dict[str, str]:
    share, by_seed = row.get("gap_closed"), row["difference_by_seed"] or {}
    ends = [row.get("gap_closed_low"), row.get("gap_closed_high")]
    return {
        "p (Holm)": number(row.get("p_holm")),
        "gap closed": ABSENT if share is None else f"{share:.0%}",
        "gap closed [95%]": ABSENT if None in ends else "[{:.0%}, {:.0%}]".format(*ends),
        "agreement": number(row.get("agreement")),
        "by seed": " ".join(map(signed, by_seed.values())) or ABSENT,
        "seconds": ABSENT if row["seconds"] is None else f"{row['seconds']:.0f}",
    }


def _modality_columns(found: dict) -> list[dict[str, str]]:
    whole = found["teacher"] | dict.fromkeys(("difference", "low", "high", "p_value", "difference_sd"))
    return [_columns(row, "minus all") for row in [whole, *found["teacher_modalities"]]]


def _columns(row: dict, difference: str = "minus control") -> dict[str, str]:
    macro_f1, ends, uar = score_cells(row)
    gained, gained_ends, p_value = difference_cells(row)
    return {
        "": row["name"],
        "macro F1": macro_f1,
        "SD": number(row["macro_f1_sd"]),
        "macro F1 [95%]": ends,
        "UAR": uar,
        difference: gained,
        f"{difference} SD": number(row["difference_sd"]),
        f"{difference} [95%]": gained_ends,
        "p": p_value,
    }


def _html(columns: list[dict[str, str]], title: str) -> str:
    return table(tuple(columns[0]), [tuple(row.values()) for row in columns], title)


def _text(columns: list[dict[str, str]], title: str) -> str:
    fitting = [{name: text for name, text in row.items() if name not in WIDE} for row in columns]
    return text_table(title, tuple(fitting[0]), [tuple(row.values()) for row in fitting])
