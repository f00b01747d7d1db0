"""Scores, report and model card of a run: made anew where what they are made from has changed."""

from collections.abc import Sequence
from pathlib import Path

from stressid_keras.provenance import file_fingerprint, fingerprint, write_json
from stressid_keras.reporting import FIGURES
from stressid_keras.workflow.analysis import classify_baselines, predict
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare, read_index
from stressid_keras.workflow.insight import corrupt, inspect, is_inspected
from stressid_keras.workflow.other_trees import also_test, other_data
from stressid_keras.workflow.scoring import described_method, gather
from stressid_keras.workflow.split_results import SplitResults
from stressid_keras.workflow.stage import Stage

SCORING_VERSION = 8  # raised when scores, report or model card change for the same predictions
REPORT_FILES = (
    "config.json",
    "metrics.json",
    "predictions.csv",
    "scores.csv",
    "subjects.csv",
    "report.html",
    "model_card.md",
    "scores.tex",
    "methods.md",
)


def evaluate(context: RunContext, thorough: bool = False) -> Stage:
    """`REPORT_FILES` and the figures as files, of teacher, student, control, baselines and floors.

    Args:
        thorough: also what noise and the like do to the students, and what they listen to; without it, these are in
            the report if they were made before.
    """
    other_data(context)  # refused before hours of training rather than after them
    stages = [predict(context), classify_baselines(context)]
    inspected = thorough or is_inspected(context)
    if inspected:
        stages += [corrupt(context), inspect(context)]
    made = {stage.name: stage.record["outputs"] for stage in stages}
    made |= {name: stage.record["outputs"] for name, stage in also_test(context).items()}
    return write_evaluation(
        context, context.output_dir, made, [SplitResults(context.output_dir, inspected=inspected)]
    )


def write_evaluation(
    context: RunContext,
    folder: Path,
    stages,
    results: Sequence[SplitResults],
    leaky: Sequence[SplitResults] = (),
) -> Stage:
    """`REPORT_FILES` and the figures as files, of one split or of many.

    Args:
        context: tree, store and configuration that the results share.
        folder: where they go.
        stages: JSON values that say what the results were made by.
        results: one split, or every fold of every repeat.
        leaky: folds of recordings, for the audit.
    """
    stage = Stage(folder, "evaluation", _inputs(context, stages), REPORT_FILES, (FIGURES,))
    return stage.ensure(lambda: _write(context, folder, results, leaky), context.reporter)


def _inputs(context: RunContext, stages) -> dict:
    """What decides `REPORT_FILES`: the stages that they are made from, and what of the tree is read beside them."""
    from stressid_keras.evaluation.demographics import find_demographics

    demographics = find_demographics(context.data_dir)
    return {
        "stages": stages,
        "method": described_method(context),
        "store": prepare(context).fingerprint,
        "availability": fingerprint(read_index(context).availability.to_dict("list")),
        "demographics": demographics and file_fingerprint(demographics),
        "code": SCORING_VERSION,
    }


def _write(context: RunContext, folder: Path, results, leaky) -> dict:
    from stressid_keras import evaluation
    from stressid_keras.dataset.synthetic.tree import is_generated
    from stressid_keras.reporting.card_texts import SYNTHETIC_LICENCE
    from stressid_keras.reporting.figure_files import write_figures
    from stressid_keras.reporting.latex import write_latex_tables
    from stressid_keras.reporting.methods_text import write_methods_text
    from stressid_keras.reporting.model_card import write_model_card
    from stressid_keras.reporting.report import write_report
    from stressid_keras.reporting.tables import write_score_tables

    with context.reporter.stage("evaluation", 1) as report:
        evidence = gather(context, results, leaky)
        report(1)
    write_json(folder / "metrics.json", evidence.metrics)
    evaluation.write_predictions(folder / "predictions.csv", evidence.predictions)
    write_score_tables(folder, evidence.metrics, evidence.predictions)
    write_json(
        folder / "config.json",
        {"config": evidence.config, "data": evidence.data_name, "versions": evidence.versions},
    )
    generated = is_generated(context.data_dir)
    drawn = write_report(folder / "report.html", evidence)
    write_latex_tables(folder / "scores.tex", evidence.metrics, evidence.data_name, generated)
    write_methods_text(folder / "methods.md", evidence, generated)
    write_model_card(
        folder / "model_card.md",
        metrics=evidence.metrics,
        config=evidence.config,
        versions=evidence.versions,
        class_names=evidence.class_names,
        data_name=evidence.data_name,
        license_note=SYNTHETIC_LICENCE if generated else None,
    )
    return {"files": write_figures(folder, drawn)}
