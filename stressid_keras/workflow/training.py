"""A network of a run: trained, unless the one that is there was made from the same inputs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stressid_keras.batches.batch_plan import EpochCounter, padded_share
from stressid_keras.config import TrainingConfig, deciding
from stressid_keras.provenance import fingerprint
from stressid_keras.system.processes_together import processes_together
from stressid_keras.training.keras_file import load_network
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare, split_people
from stressid_keras.workflow.part_windows import batches, labels, stored
from stressid_keras.workflow.stage import Stage

CODE_VERSION = 3  # raised when networks or training change, so that an older model is not what one would get


@dataclass(frozen=True)
class NetworkPlan:
    """What a network is, and what it learns from.

    Attributes:
        name: of its stage and of its file.
        build: gives the classifier or distiller to fit, called once the seed is set.
        training: how it is fitted.
        inputs: JSON values that decide it, besides those that decide every network.
        modalities: what a batch holds.
        rows: of the manifest, by part: "train" and "val", of which there may be none.
        features: the teacher's outputs of those rows, by part and name.
    """

    name: str
    build: Callable
    training: TrainingConfig
    inputs: dict
    modalities: tuple[str, ...]
    rows: dict[str, np.ndarray]
    features: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


def train_network(context: RunContext, plan: NetworkPlan, folder: Path | None = None) -> Stage:
    """`<name>.keras` and `history_<name>.csv`, in the run's folder or another."""
    inputs = {
        **plan.inputs,
        "training": _without(plan.training, "tensorboard"),
        "pipeline": _without(context.config.pipeline, "loader", "cache", "workers", *_no_matter()),
        "windows": prepare(context).windows_fingerprint,
        "rows": {part: fingerprint(some.tolist()) for part, some in plan.rows.items()},
        "split": split_people(context).to_dict(),
        "seed": context.config.seed,
        "code": CODE_VERSION,
    }
    outputs = (f"{plan.name}.keras", f"history_{plan.name}.csv")
    stage = Stage(folder or context.output_dir, plan.name, inputs, outputs)
    if processes_together()[0] > 1:
        _train_with_others(context, stage)
    return stage.ensure(lambda: _fit(context, plan, stage), context.reporter, files=outputs[:1])


def load_trained(folder: Path, model: str):
    """A trained network by the name of its stage."""
    return load_network(folder / f"{model}.keras", "the one that this run wrote: run again")


def _fit(context: RunContext, plan: NetworkPlan, stage: Stage) -> dict:
    import keras

    from stressid_keras.training.devices import devices
    from stressid_keras.training.fit import fit

    name, folder, epoch = plan.name, stage.folder, EpochCounter()
    features, modalities = plan.features, plan.modalities
    train, training, pipeline = plan.rows["train"], plan.training, context.config.pipeline
    keras.utils.set_random_seed(context.config.seed)  # control and student start from the same weights
    share = padded_share(prepare(context), train, stored(modalities), pipeline, context.config.seed)
    context.reporter.say(f"{name}: {len(train)} windows, {share:.1%} of the numbers in a batch are padding")
    with (
        devices(pipeline.distribution) as several,
        context.reporter.stage(name, training.epochs) as report,
    ):
        for rows in plan.rows.values():
            several.check_batch(min(pipeline.batch_size, len(rows)))
        shown = batches(
            context, train, modalities, training=True, teacher_features=features.get("train"), epoch=epoch
        )
        unseen = None
        if len(plan.rows["val"]):
            unseen = batches(context, plan.rows["val"], modalities, teacher_features=features.get("val"))
        summary = fit(
            plan.build(),
            several.divide(shown),
            several.divide(unseen),
            labels(context, train),
            training,
            checkpoint=folder / f"{name}.keras",
            history=folder / f"history_{name}.csv",
            tensorboard=folder / "tensorboard" / name if training.tensorboard else None,
            progress=report,
            epoch=epoch,
            resume_key=stage.fingerprint,
            several=several,
        )
    summary["padded_share"] = round(share, 4)
    return {**summary, "devices": list(several.names)} if pipeline.distribution else summary


def _train_with_others(context: RunContext, stage: Stage) -> None:
    """Have every process train the network if any has to: the others would wait for it."""
    from stressid_keras.training.devices import devices

    with devices(context.config.pipeline.distribution) as several:
        if several.somewhere(not stage.is_current()):
            stage.record_path.unlink(missing_ok=True)


def _no_matter() -> tuple[str, ...]:
    """On TensorFlow, devices that divide a batch each draw their dropout; elsewhere they train what one would."""
    import keras

    return () if keras.backend.backend() == "tensorflow" else ("distribution",)


def _without(config, *options: str) -> dict:
    """A configuration minus the options that do not change what is learnt."""
    return {name: value for name, value in deciding(config).items() if name not in options}
