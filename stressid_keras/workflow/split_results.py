"""What the stages of one split left, as an evaluation reads it: of a run, or of one fold of many."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.dataset import SubjectSplit
from stressid_keras.errors import StaleError
from stressid_keras.store.sealed_arrays import read_arrays
from stressid_keras.training.network_size import count_weights
from stressid_keras.workflow.context import Fold
from stressid_keras.workflow.stage import read_record

STAGES = ("predictions", "baselines", "robustness", "inspection")


@dataclass(frozen=True)
class SplitResults:
    """The folder of one split, with the files of its `STAGES`."""

    folder: Path
    repeat: int = 0
    fold: Fold | None = None
    inspected: bool = True  # whether robustness and inspection are there and current

    def __post_init__(self):
        if self.fold is not None and self.fold.unit != "subject":
            object.__setattr__(self, "inspected", False)

    @property
    def place(self) -> dict[str, int]:
        return {} if self.fold is None else {"repeat": self.repeat, "fold": self.fold.index}

    @property
    def split(self) -> dict:
        return {**self.place, **SubjectSplit.load(self.folder / "split.json").to_dict()}

    def fingerprints(self, others: Iterable[str] = ()) -> dict[str, str]:
        """Of the stages that made the files; also of those on other data, by name."""
        stages = STAGES if self.inspected else STAGES[:2]
        found = {stage: read_record(self.folder, stage)["fingerprint"] for stage in stages}
        return found | {name: read_record(self.other(name), "also_test")["fingerprint"] for name in others}

    def taught(self, cross_fitted: str = "") -> pd.DataFrame:
        """What teachers say of the people that they teach: the run's own, `teacher`, and those that had not seen them,
        such as `teacher_cross_fitted`, from that folder of `cross_fit`."""
        from stressid_keras import evaluation

        own = evaluation.read_predictions(self.folder / "network_predictions.csv")
        tables = [own[(own["model"] == "teacher") & (own["split"] == "train")]]
        file = self.folder / "cross_fit" / cross_fitted / "predictions.csv"
        if cross_fitted and file.is_file():  # there are none of two people
            tables.append(evaluation.read_predictions(file))
        return pd.concat(tables, ignore_index=True)

    def other(self, name: str) -> Path:
        """The folder of what the models said about other data."""
        return self.folder / "also_tested" / name

    def predictions(self) -> pd.DataFrame:
        """Of networks and baselines; of a fold, the test part alone."""
        from stressid_keras import evaluation

        files = (self.folder / "network_predictions.csv", self.folder / "baseline_predictions.csv")
        tables = [table for file in files if len(table := evaluation.read_predictions(file))]
        table = pd.concat(tables, ignore_index=True)
        return table if self.fold is None else table[table["split"] == "test"].assign(**self.place)

    def also_tested(self, name: str) -> pd.DataFrame:
        """Predictions of the windows of other data."""
        from stressid_keras import evaluation

        return evaluation.read_predictions(self.other(name) / "predictions.csv").assign(**self.place)

    def robustness(self) -> pd.DataFrame | None:
        from stressid_keras import evaluation

        if not self.inspected:
            return None
        table = evaluation.read_predictions(self.folder / "robustness.csv")
        return table.assign(**self.place) if len(table) else None

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        path = self.folder / f"{name}.npz"
        arrays = read_arrays(path)
        if arrays is None:
            raise StaleError(f"{path} was removed or changed while it was in use; run again.")
        return arrays

    def history(self, model: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"history_{model}.csv")

    def imitation(self) -> float:
        """Which share of the labels the student's soft labels took; of one that was chosen, what was chosen."""
        return read_record(self.folder, "student")["inputs"]["distillation"]["imitation"]

    def hearable_measures(self) -> dict[str, dict]:
        """By modality, which measures the student was to regress and why the others were not, see
        `workflow.imitation.regressed.hearable_measures`."""
        return read_record(self.folder, "hearable")["summary"]["measures"]

    def network_size(self, model: str) -> int | None:
        """How many weights it has; None where its file holds no network that could be read."""
        return count_weights(self.folder / f"{model}.keras")

    def best_epoch(self, model: str) -> int:
        return read_record(self.folder, model)["summary"]["best_epoch"]
