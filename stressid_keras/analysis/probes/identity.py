"""How well features tell who a person is: what a model could learn instead of the stress."""

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import pairwise_distances

from stressid_keras.analysis.probes.columns import checked_rows, standardised
from stressid_keras.analysis.probes.probe import PROBES, Key, Probe, ProbeInputs, ProbeTable
from stressid_keras.analysis.probes.sentences import looked_up, number_at
from stressid_keras.evaluation.models import display_name, short_name

MOST_DISTANCES = 1 << 22  # at a time
TIE = 1e-6  # distances of standardised features that differ by less are equal
RECOGNISED = 3.0  # times chance, from which features are said to tell people apart
READING = (
    "How often a window's nearest neighbour, by the model's features and leaving out its own recording, is of the same "
    "person, among people that the model was not trained on (of the hand-crafted features: among all). A model that "
    "knows the person can pass for one that knows the state wherever the two go together."
)


def identity_probe(features, subjects, recordings) -> dict[str, float | int | None]:
    """Re-identify subjects by the nearest neighbour among all other recordings.

    Windows of the same recording are never compared: they share the room, the clothes and the electrodes' position.

    Args:
        features: (n, d) of n windows of people that the features were not trained on; what is not finite counts as
            the column's median.
        subjects: (n,) names.
        recordings: (n,) names.

    Returns:
        `accuracy`, the share of a subject's windows whose nearest neighbour is of the same subject, averaged over
        subjects (equally near neighbours share the vote); `chance`, the same average for a neighbour drawn blindly
        from the windows that a window is compared with; `times_chance`, their ratio; `n_subjects` and `n_windows`,
        of the subjects with two recordings or more: the others cannot be found and are left out. The three scores
        are None with fewer than two such subjects.

    Raises:
        StressIDError: shapes that do not fit.
    """
    features, subjects, recordings = checked_rows(features, subjects, recordings)
    kept = np.isin(subjects, _with_several(subjects, recordings))
    features, subjects, recordings = features[kept], subjects[kept], recordings[kept]
    names, subject = np.unique(subjects, return_inverse=True)
    counts = {"n_subjects": len(names), "n_windows": len(subjects)}
    if len(names) < 2:
        return dict.fromkeys(("accuracy", "chance", "times_chance")) | counts
    recording = np.unique(recordings, return_inverse=True)[1]
    found = _found(standardised(features), subject, recording)
    accuracy, chance = (_by_subject(shares, subject) for shares in found)
    return {"accuracy": accuracy, "chance": chance, "times_chance": accuracy / chance} | counts


def _with_several(subjects: np.ndarray, recordings: np.ndarray) -> list[str]:
    pairs = set(zip(subjects.tolist(), recordings.tolist(), strict=True))
    names = [subject for subject, _ in pairs]
    return [name for name in set(names) if names.count(name) > 1]


def _found(features: np.ndarray, subject: np.ndarray, recording: np.ndarray) -> np.ndarray:
    """(2, n): of the windows nearest to each, and of all that it is compared with, the share of its own subject's.

    Some rows at a time: all distances of 1,000 hours would take tens of gibibytes.
    """
    found, rows = np.zeros((2, len(features))), max(1, MOST_DISTANCES // len(features))
    for start in range(0, len(features), rows):
        block = slice(start, start + rows)
        compared = recording[block, None] != recording
        own = compared & (subject[block, None] == subject)
        nearest = compared
        if features.shape[1]:
            distances = np.where(compared, pairwise_distances(features[block], features), np.inf)
            nearest = distances <= distances.min(axis=1, keepdims=True) + TIE
        found[:, block] = [(own & among).sum(axis=1) / among.sum(axis=1) for among in (nearest, compared)]
    return found


def _by_subject(scores: np.ndarray, subject: np.ndarray) -> float:
    return float(np.mean(np.bincount(subject, scores) / np.bincount(subject)))


class Identity(Probe):
    name, place, gravity = "identity", 20, 70
    keys = (
        Key(
            ".<features>.accuracy",
            "number or null",
            "0 to 1",
            "share of a subject's windows whose nearest neighbour, among other recordings, is of the same "
            "subject; mean over subjects. `<features>` is a model, or a group of hand-crafted features",
        ),
        Key(
            ".<features>.chance",
            "number or null",
            "0 to 1",
            "the same of a neighbour drawn blindly",
        ),
        Key(
            ".<features>.times_chance",
            "number or null",
            "≥ 0",
            "their ratio. Features that tell people apart make a split that is not by subject worthless; all "
            "three are null with fewer than two subjects of two recordings",
        ),
        Key(
            ".<features>.n_subjects",
            "integer",
            "≥ 0",
            "people with two recordings or more",
        ),
        Key(
            ".<features>.n_windows",
            "integer",
            "≥ 0",
            "their windows",
        ),
    )

    def run(self, inputs: ProbeInputs) -> dict:
        """Scores of each model, mean over folds, and of each group of hand-crafted features, of all people."""
        found = {
            model: _mean([identity_probe(*windows) for windows in of_folds])
            for model, of_folds in inputs.unseen.items()
        }
        for group, columns in inputs.measure_groups.items():
            if columns:
                features = inputs.measures[columns].to_numpy()
                found[f"{group}_features"] = identity_probe(features, inputs.subjects, inputs.recordings)
        return found

    def findings(self, metrics: dict) -> Iterator[str]:
        probes = looked_up(metrics, "probes", "identity")
        known = {}
        for model in probes if isinstance(probes, dict) else {}:
            times = number_at(probes, model, "times_chance")
            if times is not None and times >= RECOGNISED:
                known[model] = times
        if known:
            texts = [f"{short_name(model)} {times:.1f} times" for model, times in known.items()]
            yield (
                f"Features recognise a person in another recording far more often than chance: {', '.join(texts)}. "
                "What tells people apart can stand in for stress wherever a person is in training and test, and "
                "features may be personal data. Divide by subject in every use, and do not publish features "
                "as anonymous."
            )

    def table(self, found: dict) -> ProbeTable:
        rows = [
            (
                display_name(name),
                *(_whole(scores[key]) for key in ("n_subjects", "n_windows")),
                *(scores[key] for key in ("accuracy", "chance")),
                None if scores["times_chance"] is None else f"{scores['times_chance']:.1f} ×",
            )
            for name, scores in found.items()
        ]
        return ProbeTable(
            title="Does it know the person?",
            place=10,
            reading=READING,
            header=("features of", "people", "windows", "re-identified", "chance", "ratio"),
            rows=rows,
            note="of a fold the people not trained on, mean over the folds",
        )


PROBES.register(Identity())


def _mean(scores: list[dict]) -> dict:
    """Mean over folds of each value, without the folds in which it is not defined."""
    means = {}
    for name in scores[0]:
        values = [score[name] for score in scores if score[name] is not None]
        means[name] = float(np.mean(values)) if values else None
    return means


def _whole(value: float | None) -> str | None:
    """A number of people or windows; the mean over folds need not be whole."""
    return None if value is None else f"{value:.1f}".removesuffix(".0")
