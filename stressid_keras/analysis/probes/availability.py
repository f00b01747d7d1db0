"""What the mere presence of files gives away: a score that no model may need."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from stressid_keras.analysis.probes.probe import PROBES, Key, Probe, ProbeInputs, ProbeTable
from stressid_keras.analysis.probes.sentences import TIE, count, listed, network_scores, number_at
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.floors import floor_predictions, lookup_shares
from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import MAIN, classification_metrics, counted_metrics
from stressid_keras.evaluation.predictions import probabilities_of, probability_columns
from stressid_keras.modalities import MODALITIES

GIVEN_AWAY = 0.02  # of macro F1 over the majority, from which the presence of files is said to tell something
READING = (
    "How well the class can be told from which files exist, over all labelled recordings of the people who are tested "
    "(also those that no model sees), learned from those of the training people. On the models' own windows every file "
    "exists, so there presence says what the majority says."
)


def availability_probabilities(train: pd.DataFrame, test: pd.DataFrame, n_classes: int) -> np.ndarray:
    """Probabilities (len(test), k) by which modalities a recording has, and nothing else.

    Args:
        train: recordings of the training subjects: `label`, and a bool for each of `config.MODALITIES`.
        test: the recordings to predict; of their columns only those of the modalities are read.
        n_classes: k.

    Returns:
        The class shares of the training recordings with the same modalities, or those of all where there are none. The
        most probable class is their most frequent one, of a tie the lowest.

    Raises:
        StressIDError: no training recordings, or a label outside [0, k).
    """
    return lookup_shares(_patterns(train), train["label"], _patterns(test), n_classes)


def score_availability(
    table: pd.DataFrame,
    folds: Iterable[tuple[Sequence[str], Sequence[str]]],
    class_names: Sequence[str],
    seed: int,
    failures: pd.DataFrame | None = None,
) -> dict[str, float | int | list | None]:
    """The scores of presence alone, over all labelled recordings of the folds' test subjects.

    Args:
        table: `DatasetIndex.availability`.
        folds: training and test subjects of each; a subject that the table lacks is passed over.
        class_names: k names.
        seed: of the bootstrap.
        failures: `recording` and `modality` of what could not be used (`PreparedStore.failures`); it counts as absent.

    Returns:
        every counted metric of all folds' answers together;
        `macro_f1_interval`, [low, high] over subjects, None with a single one; `majority_macro_f1` of the training
        recordings' most frequent class on the same recordings; `n_recordings` and `n_subjects` that were predicted.

    Raises:
        StressIDError: no recordings to fit on or to predict, or a subject on both sides of a fold.
    """
    table = _without_failures(table, failures)
    answers = [_answers(table, list(train), list(test), class_names) for train, test in folds]
    answers = [pair for pair in answers if pair is not None]
    if not answers:
        raise StressIDError(
            "no fold has a labelled recording to predict; expected folds of the table's subjects."
        )
    presence, majority = (pd.concat(tables, ignore_index=True) for tables in zip(*answers, strict=True))
    scores, floor = (
        classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
        for rows in (presence, majority)
    )
    interval = bootstrap_interval(presence, "macro_f1", seed=seed)
    return {
        **{name: scores[name] for name in counted_metrics()},
        "macro_f1_interval": [None if np.isnan(end) else end for end in interval],
        "majority_macro_f1": floor["macro_f1"],
        "n_recordings": int(presence["recording"].nunique()),
        "n_subjects": int(presence["subject"].nunique()),
    }


def _answers(table, train: list, test: list, class_names) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    both = sorted(set(train) & set(test))
    if both:
        raise StressIDError(
            f"subject {both[0]} is to be fitted on and predicted; expected on one side alone."
        )
    train, test = (table[table["subject"].isin(subjects)] for subjects in (train, test))
    if test.empty:
        return None
    presence = availability_probabilities(train, test, len(class_names))
    majority = floor_predictions(train, test, len(class_names))["majority"]
    return _predicted(test, presence, class_names), _predicted(test, majority, class_names)


def _predicted(recordings: pd.DataFrame, probabilities: np.ndarray, class_names) -> pd.DataFrame:
    answers = pd.DataFrame(probabilities, columns=probability_columns(class_names))
    names = recordings[["recording", "subject", "label"]].reset_index(drop=True)
    return pd.concat([names.assign(predicted=probabilities.argmax(axis=1)), answers], axis=1)


def _patterns(table: pd.DataFrame) -> np.ndarray:
    """(n,) which modalities are there, as the bits of an integer."""
    return table[list(MODALITIES)].to_numpy(dtype=np.int64) @ (1 << np.arange(len(MODALITIES)))


def _without_failures(table: pd.DataFrame, failures: pd.DataFrame | None) -> pd.DataFrame:
    table = table.copy()
    if failures is not None:
        for modality in MODALITIES:
            failed = failures.loc[failures["modality"] == modality, "recording"]
            table[modality] &= ~table["recording"].isin(failed)
    return table


class Availability(Probe):
    name, place, gravity = "availability", 10, 30
    floor = ("n_recordings", "labelled recording")

    @property
    def keys(self) -> tuple[Key, ...]:
        """Those of every counted metric, as they are scored, and what stands beside them."""
        what = (
            "of naming the class from which of a recording's files exist, and nothing else, over all labelled "
            "recordings of the test subjects, also those that the models never see; on the models' own "
            "windows every file exists and this would be the majority"
        )
        keys = []
        for name, metric in counted_metrics().items():
            if name == MAIN:
                what += "; a model that is not above it may have learned which files are missing"
            keys.append(
                Key(f".{name}", "number or null" if metric.nullable else "number", metric.range, what)
            )
            what = "the same"
        return (
            *keys,
            Key(
                ".macro_f1_interval",
                "list [low, high] or null",
                "0 to 1",
                "over subjects; null ends, or null, with one subject",
            ),
            Key(
                ".majority_macro_f1",
                "number",
                "0 to 1",
                "of the most frequent class, on the same recordings",
            ),
            Key(
                ".n_recordings",
                "integer",
                "≥ 1",
                "recordings used",
            ),
            Key(
                ".n_subjects",
                "integer",
                "≥ 1",
                "people they are of",
            ),
        )

    def run(self, inputs: ProbeInputs) -> dict:
        return score_availability(
            inputs.availability, inputs.folds, inputs.class_names, inputs.seed, failures=inputs.failures
        )

    def findings(self, metrics: dict) -> Iterator[str]:
        """Presence that says no more than the majority gives nothing away."""
        presence = number_at(metrics, "probes", "availability", "macro_f1")
        majority = number_at(metrics, "probes", "availability", "majority_macro_f1")
        if presence is None or (majority is not None and presence < majority + GIVEN_AWAY):
            return
        beaten = {model: score for model, score in network_scores(metrics) if presence >= score - TIE}
        if beaten:
            yield (
                f"Which files exist gives the class away (availability: macro F1 {presence:.3f} over all labelled "
                "recordings of these people), as well as the networks tell it on the recordings that have every file: "
                f"{listed(beaten)}. Whatever is told which modalities are missing can score so without a signal. Train "
                "and score only on recordings that have the modality, never fill a missing one with zeros, and find "
                "out why files of one class are missing."
            )

    def table(self, found: dict) -> ProbeTable:
        recordings = count(found["n_recordings"], "labelled recording")
        return ProbeTable(
            title="Does the presence of files give the class away?",
            place=20,
            reading=READING,
            header=("", "UAR", "macro F1", "interval"),
            rows=(
                (self.name, found["balanced_accuracy"], found["macro_f1"], found["macro_f1_interval"]),
                ("floor: majority of the same recordings", None, found["majority_macro_f1"], None),
            ),
            note=f"all {recordings} of {count(found['n_subjects'], 'subject')}",
        )


PROBES.register(Availability())
