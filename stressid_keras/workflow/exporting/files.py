"""From a run's data and a `.keras` file to the exported files: which windows set ranges, choose and check."""

from stressid_keras.errors import ExportError
from stressid_keras.export.metadata import hop_samples
from stressid_keras.media.speech.settings import SPEECH
from stressid_keras.provenance import package_versions, versions
from stressid_keras.workflow.exporting.export_plan import ExportPlan

CONVERTERS = ("ai-edge-litert", "ai-edge-quantizer")


def write_files(plan: ExportPlan, progress=None) -> dict:
    """Write the files of a plan; the summary that `export.json` keeps. Keras must run on TensorFlow.

    Raises:
        ExportError: as `load_student` and `export_student`, or the student has another backbone than the configuration.
    """
    from stressid_keras.export.export import Deployment, export_student
    from stressid_keras.export.load import file_sha256, load_student
    from stressid_keras.models.backbones import student_blocks
    from stressid_keras.workflow.exporting.export_windows import ExportWindows

    store, audio = plan.store, plan.config.preparation.audio
    student = load_student(plan.student, audio.n_mels, len(store.class_names))
    _check_backbone(plan, student)
    samples, windows = plan.samples, ExportWindows(plan)
    facts = _facts(plan)
    deployment = Deployment(
        plan.student.stem,
        student,
        audio,
        samples,
        store.class_names,
        {
            **facts,
            "versions": {**versions(), **package_versions(CONVERTERS)},
            "seed": plan.config.seed,
            "student": file_sha256(plan.student),
        },
        _card(plan),
        student_blocks(plan.config.student),
    )
    whole = _whole_windows(plan, student)
    report = export_student(
        deployment,
        plan.folder,
        plan.options.variants,
        windows.calibration() if "int8" in plan.options.variants else [],
        windows.validation() if "int8" in plan.options.variants else [],
        windows,
        progress,
    )
    return {
        "class_names": list(store.class_names),
        "sample_rate": audio.sample_rate,
        "samples": samples,
        "seconds": samples / audio.sample_rate,
        "hop_seconds": hop_samples(samples) / audio.sample_rate,
        "training_seconds": plan.longest_seconds,
        "accuracy": {"training_windows": whole, "deployment_windows": report.pop("deployment_windows")},
        **report,
    }


def _check_backbone(plan: ExportPlan, student) -> None:
    """Which layers are folded and quantised, and what is heard, is told by the configuration."""
    from stressid_keras.models import build_student

    config = plan.config.student
    expected = build_student(len(plan.store.class_names), plan.config.preparation.audio.n_mels, config)
    if _weighted(student) != _weighted(expected):
        raise ExportError(
            f"{plan.student} has other layers than a student of backbone {config.backbone!r} with "
            f"{len(config.filters)} filters, which the configuration names; expected the configuration that it was "
            "trained with."
        )


def _weighted(network) -> set[str]:
    return {layer.name for layer in network.layers if layer.weights}


def _whole_windows(plan: ExportPlan, student) -> dict:
    """Macro F1 of the student on whole training windows of the test part, as it was validated."""
    from stressid_keras.evaluation.predictions import predictions_table
    from stressid_keras.export.deployed_scores import macro_f1
    from stressid_keras.workflow.part_windows import class_probabilities

    rows, names = plan.rows("test"), plan.store.class_names
    probabilities = class_probabilities(student.predict(_batches(plan, rows, student), verbose=0)["logits"])
    return macro_f1(
        predictions_table("student", "test", plan.store.manifest.iloc[rows], probabilities, names), names
    )


def _batches(plan: ExportPlan, rows, student):
    """What the student hears in some windows; the statistics of a speech encoder lie in the prepared folder."""
    from stressid_keras.batches.tf_data import make_dataset
    from stressid_keras.preprocessing.speech_statistics import load_or_compute_statistics, statistics_of

    if SPEECH not in student.input:
        return make_dataset(plan.store, rows, ("audio",), plan.config.pipeline)
    found = load_or_compute_statistics(plan.index, plan.store)
    heard = {SPEECH: statistics_of(rows, found, plan.store)}
    return make_dataset(plan.store, rows, (), plan.config.pipeline, vectors=heard)


def _facts(plan: ExportPlan) -> dict[str, str]:
    from stressid_keras.dataset.adapters import data_title
    from stressid_keras.dataset.synthetic.tree import is_generated
    from stressid_keras.reporting.card_texts import CODE_LICENCE, SYNTHETIC_LICENCE
    from stressid_keras.reporting.model_card import data_licence

    generated, name = is_generated(plan.data_dir), data_title(plan.data_dir)
    licence = SYNTHETIC_LICENCE if generated else data_licence(name)
    return {
        "training_data": "A generated sample; nobody was recorded." if generated else name,
        "licence": f"The model inherits the licence of the data that it was trained on. {licence} {CODE_LICENCE}",
    }


def _card(plan: ExportPlan) -> str:
    from stressid_keras.reporting.texts import RESEARCH_ONLY

    return (
        f"Stress from speech: a probability for each of {', '.join(plan.store.class_names)}, by a network that "
        f"hears the voice alone. {RESEARCH_ONLY}"
    )
