"""Division by subject: every recording of a person is in one part, with class shares near the whole's.

The same search can divide recordings whatever their subject, which leaks people; that is for showing how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras import provenance
from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.balance import balanced_assignment, class_distances
from stressid_keras.errors import DatasetError, shown

PARTS = ("train", "val", "test")
UNITS = ("subject", "recording")  # columns of the manifest that a split can divide by


@dataclass(frozen=True)
class SubjectSplit:
    """Which subjects are trained on, validated on and tested on; disjoint by construction.

    A fold may have nobody to validate on. `extra_train` are subjects without any audio, which only the teacher trains
    on. `class_counts` count the rows that the split was made from, per part and class. `distance` is the total
    variation distance of a part's class shares from the whole's (0: equal shares), and the greatest of them as "max".
    `unit` is what the parts list: subjects, or recordings in a split that leaks people on purpose.
    """

    parts: dict[str, tuple[str, ...]]
    class_counts: dict[str, list[int]]
    distance: dict[str, float]
    seed: int
    extra_train: tuple[str, ...] = ()
    unit: str = "subject"

    def __post_init__(self):
        if self.unit not in UNITS:
            raise DatasetError(f"A split is by {self.unit!r}; expected one of {', '.join(UNITS)}.")
        self.assert_disjoint()

    def assert_disjoint(self) -> None:
        """Raises DatasetError, naming the subject, if one is in two parts (or in one part twice)."""
        seen: dict[str, str] = {}
        for part, subjects in (*self.parts.items(), ("extra_train", self.extra_train)):
            for subject in subjects:
                if subject in seen:
                    raise DatasetError(
                        f"{self.unit.capitalize()} {subject} is in {seen[subject]!r} and again in {part!r}; "
                        "expected in one part once: make the split anew."
                    )
                seen[subject] = part

    def part_of(self, subject: str) -> str:
        """The part that holds a subject: "train", "val", "test" or "extra_train".

        Raises:
            DatasetError: the split does not know the subject.
        """
        for part, subjects in (*self.parts.items(), ("extra_train", self.extra_train)):
            if subject in subjects:
                return part
        raise DatasetError(
            f"Subject {subject} is in no part of the split; expected one of the "
            f"{sum(map(len, self.parts.values()))} that it was made from: make the split anew."
        )

    def to_dict(self) -> dict:
        """The split as plain JSON types."""
        return {
            **{part: list(subjects) for part, subjects in self.parts.items()},
            "extra_train": list(self.extra_train),
            "class_counts": self.class_counts,
            "distance": self.distance,
            "seed": self.seed,
            "unit": self.unit,
        }

    @classmethod
    def from_dict(cls, values: dict, where: str = "split") -> "SubjectSplit":
        """Inverse of `to_dict`.

        Raises:
            DatasetError: `values` is not a split, or not a disjoint one; `where` names it in the message.
        """
        try:
            split = cls(
                parts={part: tuple(_strings(values[part])) for part in PARTS},
                class_counts={part: _counts(values["class_counts"][part]) for part in PARTS},
                distance={part: float(values["distance"][part]) for part in (*PARTS, "max")},
                seed=_whole(values["seed"]),
                extra_train=tuple(_strings(values["extra_train"])),
                unit=str(values.get("unit", "subject")),
            )
            split._check_numbers()
        except DatasetError as error:
            raise DatasetError(f"{where}: {error}") from None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DatasetError(
                f"{where} is not a split by subject; expected what SubjectSplit.to_dict gives, "
                f"found something else ({type(error).__name__}: {error}): make the split anew."
            ) from error
        return split

    def _check_numbers(self) -> None:
        """Raises ValueError if nobody is trained or tested on, or counts and distances are not of one division."""
        for part in ("train", "test"):
            if not self.parts[part]:
                raise ValueError(f"nobody is in {part!r}")
        counts = np.array(
            [self.class_counts[part] for part in PARTS], float
        )  # ValueError: of different lengths
        if (counts.sum(axis=1) < [len(self.parts[part]) for part in PARTS]).any():
            raise ValueError("a part has more members than windows")
        found = class_distances(counts, counts.sum(axis=0) / counts.sum())
        expected = [self.distance[part] for part in PARTS]
        if not np.allclose([*found, found.max()], [*expected, self.distance["max"]], rtol=0, atol=1e-6):
            raise ValueError("its distances are not those of its class counts")

    def save(self, path: Path | str) -> None:
        provenance.write_json(Path(path), self.to_dict())

    @classmethod
    def load(cls, path: Path | str) -> "SubjectSplit":
        """Raises DatasetError if the file is missing, not JSON, or not a split."""
        values = provenance.read_json(Path(path))
        if values is None:
            raise DatasetError(
                f"{path} is missing or not JSON; expected a split by subject: make the split anew."
            )
        return cls.from_dict(values, where=str(path))


def split_subjects(
    subjects: Sequence[str],
    labels: Sequence[int],
    config: DatasetConfig,
    seed: int,
    extra_train: tuple[str, ...] = (),
    n_classes: int | None = None,
) -> SubjectSplit:
    """Divide subjects into train, val and test so that the class shares of all three are near the whole's.

    The result depends on the seed and on what the rows say, not on their order.

    Args:
        subjects: (N,) subject of every window or recording.
        labels: (N,) int class of every window or recording.
        config: shares of val and test, number of random starts.
        seed: another seed gives another division of equal quality where there is one.
        extra_train: subjects without audio, outside `subjects`; they are passed through.
        n_classes: None: as many as the configuration's label has.

    Raises:
        DatasetError: fewer than three subjects, shares that leave none to train on, or unusable labels.
    """
    names, counts = _class_counts(subjects, labels, n_classes or len(config.names))
    n = len(names)
    if n < 3:
        raise DatasetError(
            f"The data has {n} subject{'' if n == 1 else 's'} ({', '.join(names) or 'none'}); "
            "expected at least three, "
            "one each to train, validate and test on: add recordings of other people."
        )
    val = max(1, round(n * config.val_share))
    test = max(1, round(n * config.test_share))
    if val + test >= n:
        raise DatasetError(
            f"val_share {config.val_share:.3g} and test_share {config.test_share:.3g} take {val} + {test} of "
            f"{n} subjects; expected at least one left to train on: lower the shares."
        )
    assignment = balanced_assignment(counts, (n - val - test, val, test), config.split_restarts, seed)
    return _split(names, counts, [assignment == part for part in range(3)], seed, extra_train)


def subject_folds(
    subjects: Sequence[str],
    labels: Sequence[int],
    k: int,
    config: DatasetConfig,
    seed: int,
    extra_train: tuple[str, ...] = (),
    unit: str = "subject",
    n_classes: int | None = None,
    validated: bool = True,
) -> list[SubjectSplit]:
    """k splits for cross-validation: fold i tests on part i, validates on the next ones, trains on the rest.

    Every subject is tested on in exactly one fold; with as many folds as subjects, one is left out at a time.
    The parts to validate on are as many as come nearest to `config.val_share` of the subjects, at least one.
    Arguments and search as in `split_subjects`.

    Args:
        unit: "recording" if `subjects` are recordings, for a split that leaks people on purpose.
        validated: False if nothing is chosen by people to validate on: they are trained on, too.

    Raises:
        DatasetError: `k` is below three or above the number of subjects, or unusable labels.
    """
    names, counts = _class_counts(subjects, labels, n_classes or len(config.names))
    n = len(names)
    if not 3 <= k <= n:
        raise DatasetError(f"{k} folds were asked for; expected from 3 to the number of {unit}s, {n}.")
    sizes = [n // k + (part < n % k) for part in range(k)]
    assignment = balanced_assignment(counts, sizes, config.split_restarts, seed)
    val_parts = min(max(1, round(k * config.val_share)), k - 2) if validated else 0
    folds = []
    for part in range(k):
        test, val = assignment == part, np.isin(assignment, (part + 1 + np.arange(val_parts)) % k)
        folds.append(_split(names, counts, [~(test | val), val, test], seed, extra_train, unit))
    return folds


def _class_counts(subjects, labels, classes: int) -> tuple[list[str], np.ndarray]:
    """Sorted subjects (n,) and how many rows of each class they have (n, classes)."""
    subjects, labels = np.asarray(subjects, dtype=str), np.asarray(labels)
    if subjects.shape != labels.shape or subjects.ndim != 1:
        raise DatasetError(
            f"Subjects have shape {subjects.shape} and labels {labels.shape}; expected one of each per row."
        )
    wrong = labels[~np.isin(labels, np.arange(classes))]
    if len(wrong):
        raise DatasetError(f"A label is {wrong[0]}; expected an integer from 0 to {classes - 1}.")
    names, rows = np.unique(subjects, return_inverse=True)
    counts = np.zeros((len(names), classes))
    np.add.at(counts, (rows, labels.astype(int)), 1)
    return names.tolist(), counts


def _split(names, counts, masks, seed: int, extra_train=(), unit="subject") -> SubjectSplit:
    """Put a name to each part, given as (n,) bool masks in the order of PARTS."""
    sums = np.stack([counts[mask].sum(axis=0) for mask in masks])
    distances = class_distances(sums, counts.sum(axis=0) / counts.sum())
    return SubjectSplit(
        parts={
            part: tuple(name for name, inside in zip(names, mask, strict=True) if inside)
            for part, mask in zip(PARTS, masks, strict=True)
        },
        class_counts={part: row.astype(int).tolist() for part, row in zip(PARTS, sums, strict=True)},
        distance=dict(zip((*PARTS, "max"), map(float, (*distances, distances.max())), strict=True)),
        seed=seed,
        extra_train=tuple(sorted(extra_train)),
        unit=unit,
    )


def _strings(values) -> list[str]:
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) and value for value in values):
        raise TypeError(f"a part is {shown(values)}, not a list of names")
    return list(values)


def _counts(values) -> list[int]:
    counts = [_whole(value) for value in values]
    if not counts or min(counts) < 0:
        raise ValueError(f"class counts are {shown(values)}")
    return counts


def _whole(value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a number is {shown(value)}, not a whole one")
    return value
