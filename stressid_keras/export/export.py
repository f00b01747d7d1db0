"""A trained student → the files that a phone and a page take, each proven equal before it gets its name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import ExportError
from stressid_keras.export import metadata
from stressid_keras.export.convert import to_tflite
from stressid_keras.export.cost import median_latencies, peak_memory
from stressid_keras.export.deployed import build_deployed_model, heard_by
from stressid_keras.export.deployed_scores import aggregated_table, macro_f1
from stressid_keras.export.folding import fold_normalisation
from stressid_keras.export.int8_choice import Int8Choice, to_single_output
from stressid_keras.export.int8_conversions import int8_conversions
from stressid_keras.export.operators import operators
from stressid_keras.export.parity import BOUNDS, KerasModel, Outputs, agreement, outputs_of
from stressid_keras.export.quantise import to_float16
from stressid_keras.export.unseen import DeployedPieces, Unseen
from stressid_keras.models.backbones import Block
from stressid_keras.provenance import atomic_path
from stressid_keras.runtime.heard import FrontEnd
from stressid_keras.runtime.interpreter import LiteRTModel
from stressid_keras.runtime.runner import StudentRunner
from stressid_keras.system.temporary import temporary_folder


@dataclass(frozen=True)
class Deployment:
    """What the files are made from and for.

    Attributes:
        name: of the files, before their suffix.
        student: model as `models.build_student` gives it.
        audio: the sound of its training.
        samples: length of the deployed window.
        class_names: in the order of the logits.
        facts: what `model.json` says besides, without `model_card`.
        card: sentences that go before the scores in `model_card`.
        blocks: of the student's encoder, as its backbone declares them; without any it is exported unfolded.
    """

    name: str
    student: keras.Model
    audio: AudioConfig
    samples: int
    class_names: Sequence[str]
    facts: dict
    card: str
    blocks: Sequence[Block] = ()

    def model(self, student: keras.Model) -> keras.Model:
        return build_deployed_model(student, self.audio, self.samples)

    @property
    def front_end(self) -> FrontEnd:
        return heard_by(self.student, self.audio)

    def file(self, variant: str) -> str:
        return metadata.file_name(self.name, variant)


def export_student(
    deployment: Deployment,
    folder: Path,
    variants: Sequence[str],
    calibration: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    unseen: Iterable[Unseen],
    progress: Callable[[int], None] | None = None,
) -> dict:
    """Write the variants, each checked on every deployment window of `unseen`.

    An int8 variant that misses its bound there gives way to the next one of which less computes with integers, and
    the report says so; the bound is the same for all.

    Args:
        deployment: the student and what is said about it.
        folder: where the files go.
        variants: some of `config.EXPORT_VARIANTS`.
        calibration: deployment windows of the training part, which set the int8 ranges.
        validation: deployment windows of the validation part, on which, with those, an int8 scheme is chosen.
        unseen: training windows of the test part, cut into deployment windows here; gone through again where int8
            has to become more exact.
        progress: called with the number of `unseen` done.

    Returns:
        `windows` compared, by part; `deployment_windows`, the Keras model's macro F1 on the test part; `variants`, by
        name, each with its file, size, agreement with Keras, macro F1, latency and memory; `int8`, the report of
        `Int8Choice`.

    Raises:
        ExportError: Keras has another backend than TensorFlow, nothing to compare on, or a variant misses its bound:
            then none of the files appears.
    """
    keras_model = KerasModel(deployment.model(deployment.student))
    folded = deployment.model(fold_normalisation(deployment.student, deployment.blocks))
    contents, int8 = _build(deployment, folded, keras_model, variants, calibration, validation)
    runners = {variant: LiteRTModel(content) for variant, content in contents.items()}
    seen = DeployedPieces(unseen, deployment.samples, progress)
    outputs = outputs_of({"keras": keras_model, **runners}, _required(seen))
    while int8 and (missed := _missed("int8", _compared("int8", outputs))) and int8.give_up(missed):
        contents["int8"], runners["int8"] = int8.content, LiteRTModel(int8.content)
        outputs |= outputs_of({"int8": runners["int8"]}, DeployedPieces(unseen, deployment.samples))
    reports = {variant: _checked(deployment.file(variant), variant, outputs) for variant in contents}
    test = seen.select("test")
    scores = {name: _scored(seen, test, found, deployment) for name, found in outputs.items()}
    latencies = median_latencies(runners, seen.kept)
    card = f"{deployment.card} {_score_sentence(scores['keras'])}"
    with temporary_folder(folder) as temporary:
        for variant in variants:
            path = Path(temporary, deployment.file(variant))
            path.write_bytes(contents[variant])
            metadata.write_archive(path, _description(deployment, variant, outputs[variant], card))
            StudentRunner(path)  # what a reader would refuse is not written
            reports[variant] |= {
                "file": path.name,
                "bytes": path.stat().st_size,
                **scores[variant],
                "latency_ms": latencies[variant],
                "latency_vs_float32": latencies[variant] / latencies["float32"],
                "peak_memory_mib": peak_memory(path),
                "operators": dict(sorted(operators(contents[variant]).items())),
            }
        for variant in variants:
            with atomic_path(Path(folder, deployment.file(variant))) as final:
                Path(temporary, deployment.file(variant)).replace(final)
    return {
        "windows": {part: int(seen.select(part).sum()) for part in dict.fromkeys(seen.parts)},
        "deployment_windows": scores["keras"],
        "variants": {variant: reports[variant] for variant in variants},
        **({"int8": int8.report} if int8 else {}),
    }


def _build(
    deployment, model, keras_model, variants, calibration, validation
) -> tuple[dict[str, bytes], Int8Choice | None]:
    """The flatbuffers; always with float32, which the others are made from and timed against."""
    contents, int8 = {"float32": to_tflite(model)}, None
    if "fp16" in variants:
        contents["fp16"] = to_float16(contents["float32"])
    if "int8" in variants:
        windows = [*calibration, *validation]
        expected = outputs_of({"keras": keras_model}, windows)["keras"] if windows else None
        conversions = int8_conversions(
            deployment.front_end, contents["float32"], deployment.blocks, calibration
        )
        int8 = Int8Choice(conversions, windows, expected)
        contents["int8"] = int8.content
    if "mediapipe" in variants:
        contents["mediapipe"] = to_single_output(
            model, deployment.audio.sample_rate, deployment.name, deployment.card
        )
    return contents, int8


def _required(windows: Iterable[np.ndarray]):
    windows = iter(windows)
    first = list(islice(windows, 1))
    if not first:
        raise ExportError("there is no window with a waveform to check the export on; expected at least one.")
    yield from first
    yield from windows


def _checked(file: str, variant: str, outputs: dict[str, Outputs]) -> dict:
    report = _compared(variant, outputs)
    if missed := _missed(variant, report):
        raise ExportError(
            f"{file} does not compute what the Keras student computes on {report['windows']} unseen windows: {missed}."
        )
    return {**report, "bound": BOUNDS[variant].to_dict()}


def _compared(variant: str, outputs: dict[str, Outputs]) -> dict:
    return agreement(outputs[variant], outputs["keras"])


def _missed(variant: str, report: dict) -> str:
    return BOUNDS[variant].missed_by(report)


def _scored(seen: DeployedPieces, test: np.ndarray, found: Outputs, deployment: Deployment) -> dict:
    owners = np.array(seen.owners)[test]
    table = aggregated_table(seen.rows, owners, found.probabilities[test], deployment.class_names)
    return macro_f1(table, deployment.class_names)


def _score_sentence(scores: dict) -> str:
    if scores["macro_f1"] is None:
        return "It was not scored on people whom it was not trained on."
    n, interval = scores["subjects"], ""
    if scores["macro_f1_interval"]:
        low, high = scores["macro_f1_interval"]
        interval = f" (95% interval over people {low:.2f} to {high:.2f})"
    people = "one person" if n == 1 else f"{n} people"
    return f"Macro F1 on {people} whom it was not trained on: {scores['macro_f1']:.2f}{interval}."


def _description(deployment: Deployment, variant: str, outputs: Outputs, card: str) -> dict:
    shapes = {"probabilities": [1, outputs.probabilities.shape[1]]}
    if outputs.features is not None:
        shapes["feature"] = [1, outputs.features.shape[1]]
    return metadata.describe(
        name=deployment.name,
        variant=variant,
        class_names=deployment.class_names,
        front_end=deployment.front_end,
        window_samples=deployment.samples,
        outputs=shapes,
        model_card=card,
        **deployment.facts,
    )
