"""What the trained networks of one split do: predictions, features, baselines beside them, and a look inside."""

import itertools
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.special

from stressid_keras.config import to_dict
from stressid_keras.modalities import MODALITIES, PRIVILEGED
from stressid_keras.provenance import fingerprint
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.sealed_arrays import write_arrays
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.training import Training

VERSION = 1  # raised when predictions, corruptions or maps change for the same networks
NETWORKS = ("teacher", "student", "student_ce")
STUDENTS = ("student", "student_ce")
UNSEEN = ("val", "test")  # whose features show what a network keeps of a person
N_VOICES = 12  # recordings of the training part that babble is made from
N_MAPS = 3  # windows of the test part whose occlusion maps are kept; one takes 160 predictions


class Analysis:
    """Each property makes its files, unless those that are there were made from the same inputs."""

    def __init__(self, training: Training):
        self.training = training
        self.data = training.data
        self.folder = training.folder
        self.reporter = training.reporter

    @cached_property
    def predictions(self) -> Stage:
        """`network_predictions.csv`, of every network on every part, and `features.npz`, of people not trained on."""
        inputs = {
            "models": {name: stage.record["outputs"] for name, stage in self.training.stages.items()},
            "store": self.data.store.fingerprint,
        }
        return self._made(
            self._stage("predictions", inputs, "network_predictions.csv", "features.npz"), self._predict
        )

    @cached_property
    def baselines(self) -> Stage:
        """`baseline_predictions.csv`: hand-crafted features and classical classifiers on the same parts."""
        from sklearn import __version__ as scikit_learn

        features = self.data.baseline_features
        inputs = {
            "features": fingerprint(features.to_json()),
            "scikit-learn": scikit_learn,
            "store": self.data.store.fingerprint,
            "split": self.data.split.to_dict(),
            "seed": self.data.config.seed,
        }
        return self._made(self._stage("baselines", inputs, "baseline_predictions.csv"), self._classify)

    @cached_property
    def robustness(self) -> Stage:
        """`robustness.csv`: both students on corrupted test windows; empty where the audio came as images."""
        return self._made(self._robustness, self._corrupt)

    @cached_property
    def inspection(self) -> Stage:
        """`inspection.npz`: which times and frequencies of the test windows the students go by."""
        return self._made(self._inspection, self._inspect)

    @property
    def is_inspected(self) -> bool:
        """Whether robustness and inspection are there and current."""
        return self._robustness.is_current() and self._inspection.is_current()

    def probabilities(self, network, rows) -> np.ndarray:
        """Of a network on rows of the manifest: (rows, classes) float64."""
        return class_probabilities(self.outputs(network, rows)["logits"])

    def outputs(self, network, rows) -> dict[str, np.ndarray]:
        """All that a network gives for rows of the manifest, by name."""
        modalities = [name for name in network.input if name in MODALITIES]
        return network.predict(self.data.batches(rows, modalities), verbose=0)

    def recordings(self, rows) -> list:
        wanted = set(self.data.store.manifest["recording"].iloc[rows])
        return [recording for recording in self.data.index.recordings if recording.name in wanted]

    def waveforms(self, rows) -> Iterator[tuple[pd.Series, np.ndarray]]:
        """Manifest row and waveform of each window whose audio did not come as an image."""
        from stressid_keras.preprocessing.waveforms import window_waveforms

        return window_waveforms(self.data.store, rows, self.recordings(rows))

    def _stage(self, name: str, inputs: dict, *outputs: str) -> Stage:
        return Stage(self.folder, name, {**inputs, "code": VERSION}, outputs)

    def _made(self, stage: Stage, work) -> Stage:
        if stage.is_current():
            self.reporter.reused(stage.name, [self.folder / file for file in stage.outputs])
        else:
            stage.run(work)
        return stage

    @property
    def _robustness(self) -> Stage:
        inputs = {"config": to_dict(self.data.config.robustness.complete), "seed": self.data.config.seed}
        return self._stage("robustness", {**self._asked, **inputs}, "robustness.csv")

    @property
    def _inspection(self) -> Stage:
        inputs = {"config": to_dict(self.data.config.inspection)}
        return self._stage("inspection", {**self._asked, **inputs}, "inspection.npz")

    @property
    def _asked(self) -> dict:
        """The students and the windows that they are asked about."""
        stages = self.training.stages
        return {
            "models": {name: stages[name].record["outputs"] for name in STUDENTS},
            "store": self.data.store.fingerprint,
            "split": self.data.split.to_dict(),
        }

    def _predict(self) -> None:
        from stressid_keras import evaluation

        tables, features, parts = [], {}, self.data.split.parts
        with self.reporter.stage("predictions", len(NETWORKS) * len(parts)) as report:
            for model in NETWORKS:
                network = self.training.load(model)
                for part in parts:
                    rows = self.data.rows(part)
                    outputs = self.outputs(network, rows)
                    tables.append(
                        evaluation.predictions_table(
                            model,
                            part,
                            self.data.store.manifest.iloc[rows],
                            class_probabilities(outputs["logits"]),
                            self.data.store.class_names,
                        )
                    )
                    if part in UNSEEN:
                        features.setdefault(model, []).append(feature_of(outputs))
                    report(len(tables))
        evaluation.write_predictions(
            self.folder / "network_predictions.csv", pd.concat(tables, ignore_index=True)
        )
        rows = np.concatenate([self.data.rows(part) for part in UNSEEN])
        stacked = {model: np.concatenate(found) for model, found in features.items()}
        write_arrays(self.folder / "features.npz", {"rows": rows, **stacked})

    def _classify(self) -> None:
        from stressid_keras import evaluation
        from stressid_keras.analysis import baselines

        store, parts = self.data.store, self.data.split.parts
        features = self.data.baseline_features
        place = {row: position for position, row in enumerate(np.flatnonzero(store.complete))}
        rows = {part: self.data.rows(part) for part in parts}
        with self.reporter.stage("baselines", 1) as report:
            found = baselines.baseline_probabilities(
                features,
                {part: np.array([place[row] for row in some], int) for part, some in rows.items()},
                store.manifest["label"].to_numpy()[store.complete],
                len(store.class_names),
                self.data.config.seed,
            )
            report(1)
        tables = [
            evaluation.predictions_table(
                name, part, store.manifest.iloc[rows[part]], values, store.class_names
            )
            for name, by_part in found.items()
            for part, values in by_part.items()
        ]
        empty = pd.DataFrame(columns=evaluation.prediction_columns(store.class_names))
        table = pd.concat(tables, ignore_index=True) if tables else empty
        evaluation.write_predictions(self.folder / "baseline_predictions.csv", table)

    def _corrupt(self) -> None:
        from stressid_keras import evaluation
        from stressid_keras.analysis.robustness import robustness_predictions

        rows, store = self.data.rows("test"), self.data.store
        voices = [(row["subject"], waveform) for row, waveform in self.waveforms(self._voices())]
        windows = self.waveforms(rows)
        path = self.folder / "robustness.csv"
        first = next(windows, None)
        if first is None or not voices:  # images made earlier have no sound
            columns = evaluation.prediction_columns(store.class_names)
            evaluation.write_predictions(
                path, pd.DataFrame(columns=[*columns, "corruption", "level", "silent"])
            )
            return
        with self.reporter.stage("robustness", len(rows)) as report:
            table = robustness_predictions(
                {name: self.training.load(name) for name in STUDENTS},
                itertools.chain([first], windows),
                voices,
                self.data.config.preparation.audio,
                store.class_names,
                self.data.config.robustness,
                self.data.config.seed,
                report,
            )
        evaluation.write_predictions(path, table)

    def _voices(self) -> np.ndarray:
        """Some rows of the training part, spread over its people."""
        rows = self.data.rows("train")
        return rows[np.unique(np.linspace(0, len(rows) - 1, N_VOICES).astype(int))]

    def _inspect(self) -> None:
        from stressid_keras.analysis.inspection import band_importance, occlusion_map

        config, rows = self.data.config.inspection, self.data.rows("test")
        windows = [from_stored(self.data.store.read(row, "audio"), "audio") for row in rows]
        labels = self.data.labels(rows)
        shown = np.unique(np.linspace(0, len(rows) - 1, min(N_MAPS, len(rows))).astype(int))
        arrays = {"rows": rows, "shown": shown}
        with self.reporter.stage("inspection", len(STUDENTS)) as report:
            for done, name in enumerate(STUDENTS, start=1):
                network = self.training.load(name)
                arrays[f"bands_{name}"] = band_importance(network, windows, labels, config)
                for position in shown:
                    found = occlusion_map(network, windows[position], int(labels[position]), config)
                    arrays[f"map_{name}_{position}"] = found
                report(done)
        write_arrays(self.folder / "inspection.npz", arrays)


def class_probabilities(logits: np.ndarray) -> np.ndarray:
    return scipy.special.softmax(logits.astype(np.float64), axis=1)


def feature_of(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """The vector before the classifier: the student's feature, or the teacher's, one after the other."""
    if "feature" in outputs:
        return outputs["feature"]
    return np.concatenate([outputs[modality] for modality in PRIVILEGED if modality in outputs], axis=1)
