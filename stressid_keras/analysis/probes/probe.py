"""What a probe is, what it is given, and the registry of all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from stressid_keras.system.registry import Registry

PROBES = Registry("probe")


class Windows(NamedTuple):
    """Features (n, d) of n windows, their subjects and their recordings, (n,) names each."""

    features: np.ndarray
    subjects: np.ndarray
    recordings: np.ndarray


@dataclass(frozen=True)
class ProbeInputs:
    """Everything that there is to look for shortcuts in.

    Attributes:
        availability: which files each labelled recording of the tree has, as `DatasetIndex.availability`.
        failures: `recording` and `modality` of what could not be used.
        folds: training and test subjects of the split, or of every fold.
        class_names: k names.
        seed: of the run.
        unseen: model → of the split, or of every fold, its features of people that it was not trained on.
        measures: hand-crafted features of all complete windows, a column each.
        measure_groups: group → its columns in `measures`; empty if the tree has none of them.
        subjects, recordings: (n,) names, row for row those of `measures`.
    """

    availability: pd.DataFrame
    failures: pd.DataFrame | None
    folds: Sequence[tuple[Sequence[str], Sequence[str]]]
    class_names: Sequence[str]
    seed: int
    unseen: dict[str, list[Windows]]
    measures: pd.DataFrame
    measure_groups: dict[str, list[str]]
    subjects: np.ndarray
    recordings: np.ndarray


class Key(NamedTuple):
    """A row of the documents: a path below the probe's own in `metrics.json`, and what stands there."""

    path: str
    type: str
    range: str
    meaning: str
    present: str = "if probed"


@dataclass(frozen=True)
class ProbeTable:
    """What the report shows of a probe.

    Attributes:
        title: a heading, as a question.
        place: among the probes of the report, ascending.
        reading: a paragraph on what the numbers mean.
        header: a name per column.
        rows: cells: text as it is, numbers, intervals [low, high] and None.
        note: what the caption says behind protocol and windows.
    """

    title: str
    place: float
    reading: str
    header: Sequence[str]
    rows: Sequence[Sequence]
    note: str


class Probe:
    """A look for what a good score may be made of instead of stress. `PROBES.register` registers one.

    Whatever reads results must take what an older or a damaged `metrics.json` holds, or nothing.

    Attributes:
        name: its key in `metrics.json` under `probes`.
        place: there, ascending.
        gravity: of its findings among all, those of the lowest first.
        floor: of a probe whose result holds the counted metrics, which no model may need: how many were asked, by its
            key in the result, and what they are.
        keys: for the documents.
    """

    name: str
    place: float
    gravity: float
    floor: tuple[str, str] | None = None
    keys: tuple[Key, ...] = ()

    def run(self, inputs: ProbeInputs) -> dict | list:
        """The result, as JSON types."""
        raise NotImplementedError

    def findings(self, metrics: dict) -> Iterator[str]:
        """What a careful reader would notice, by the content of `metrics.json`: seen, why it matters, what to do."""
        yield from ()

    def table(self, found) -> ProbeTable | None:
        """What the report shows of the result."""

    def caveat(self, found) -> str | None:
        """A sentence for the model card, which names nobody."""

    def subjects_named(self, found) -> set[str]:
        """Who is named in the result, and so perhaps in the findings."""
        return set()


def run_probes(inputs: ProbeInputs) -> dict[str, dict | list]:
    """The results of all probes, as `metrics.json` holds them."""
    return {probe.name: probe.run(inputs) for probe in PROBES.ordered()}
