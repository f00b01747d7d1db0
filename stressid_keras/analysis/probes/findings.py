"""What a careful reader would notice in a run's numbers, in sentences."""

import math
from collections.abc import Iterator

from stressid_keras.evaluation.models import NETWORKS, short_name

FLOOR_NAMES = {
    "majority": "always naming the most frequent class",
    "prior": "the class shares of the training part",
    "task_lookup": "looking up the task's name",
}
INFLATION = 0.05  # of macro F1, from which a random split is said to flatter
GIVEN_AWAY = 0.02  # of macro F1 over the majority, from which the presence of files is said to tell something
RECOGNISED = 3.0  # times chance, from which features are said to tell people apart
OVERCONFIDENT = 0.15  # expected calibration error
TIE = 1e-9  # equal scores may differ in their last bits


def findings(metrics: dict) -> list[str]:
    """What was seen, why it matters and what to do, a paragraph each; gravest first.

    Args:
        metrics: the content of `metrics.json`; whatever it lacks is passed over.

    Returns:
        Plain text; empty if there is nothing to say.
    """
    parts = (_duplicates, _floors, _classical, _constant, _leakage, _identity, _distillation, _calibration)
    return [sentence for part in parts for sentence in part(metrics)]


def _duplicates(metrics: dict) -> Iterator[str]:
    pairs = _get(metrics, "probes", "duplicates")
    for pair in pairs if isinstance(pairs, list) else []:
        first, second, copies = (_get(pair, key) for key in ("first", "second", "identical_recordings"))
        if first is None or second is None:
            continue
        if copies:
            seen = f"{copies} recording{_s(copies)} of {first} and {second} are identical"
        else:
            evidence = _number(pair, "p_value")
            how = "" if evidence is None else f" (p {_p(evidence)} after correction for all pairs)"
            seen = f"{first} and {second} are more alike than two people are{how}"
        yield (
            f"{seen}: they may be one person under two names. A split by subject can then put the same person into "
            "training and test, and the scores are too good. Listen to and look at their recordings; if they are one "
            "person, give them one name and run again."
        )


def _floors(metrics: dict) -> Iterator[str]:
    floors = {
        name: _number(metrics, "floors", "test", f"{floor}_macro_f1") for floor, name in FLOOR_NAMES.items()
    }
    floors = {name: value for name, value in floors.items() if value is not None}
    scores = dict(_scores(metrics))
    for name, floor in sorted(floors.items(), key=lambda item: -item[1]):
        beaten = {model: scores.pop(model) for model, score in [*scores.items()] if floor >= score - TIE}
        if beaten:
            yield (
                f"No better than {name} (macro F1 {floor:.3f}), which needs no recording: {_listed(beaten)}. Nothing "
                "that was learnt from the signals shows in these scores. Do not report them as recognition of stress."
            )
    yield from _availability(metrics)


def _availability(metrics: dict) -> Iterator[str]:
    """Presence that says no more than the majority gives nothing away."""
    presence = _number(metrics, "probes", "availability", "macro_f1")
    majority = _number(metrics, "probes", "availability", "majority_macro_f1")
    if presence is None or (majority is not None and presence < majority + GIVEN_AWAY):
        return
    beaten = {model: score for model, score in _scores(metrics) if presence >= score - TIE}
    if beaten:
        yield (
            f"Which files exist gives the class away (availability: macro F1 {presence:.3f} over all labelled "
            "recordings of these people), as well as the networks tell it on the recordings that have every file: "
            f"{_listed(beaten)}. Whatever is told which modalities are missing can score so without a signal. Train "
            "and score only on recordings that have the modality, never fill a missing one with zeros, and find out "
            "why files of one class are missing."
        )


def _classical(metrics: dict) -> Iterator[str]:
    """Networks beside the hand-crafted features of what they see themselves."""
    baselines = _get(metrics, "baselines")
    for models, group in ((("teacher",), "physiology_"), (("student", "student_ce"), "audio_")):
        scores = {
            name: score
            for name in (baselines if isinstance(baselines, dict) else {})
            if name.startswith(group) and (score := _number(baselines, name, "test", "macro_f1")) is not None
        }
        if not scores:
            continue
        best = max(scores, key=scores.get)
        beaten = {
            model: score for model, score in _scores(metrics) if model in models and scores[best] > score
        }
        if beaten:
            yield (
                f"A classical baseline does better: {short_name(best)} ({scores[best]:.3f}) than {_listed(beaten)}. "
                "The network does not yet use what simple features of the same recordings hold; more data, another "
                "network or longer training may."
            )


def _constant(metrics: dict) -> Iterator[str]:
    names = _get(metrics, "protocol", "class_names")
    constant: dict[int, list[str]] = {}
    for model in NETWORKS:
        matrix = _get(metrics, model, "test", "confusion_matrix")
        if not isinstance(matrix, list) or not all(isinstance(row, list) and row for row in matrix):
            continue
        predicted = [index for index, column in enumerate(zip(*matrix, strict=False)) if any(column)]
        if len(predicted) == 1:
            constant.setdefault(predicted[0], []).append(model)
    for index, models in constant.items():
        known = isinstance(names, list) and len(names) > index
        yield (
            f"A single class, {names[index] if known else index}, is predicted for every test window by "
            f"{_joined([short_name(model) for model in models])}. The accuracy is that class's share and says nothing "
            "about the signals. Look at the training curves: train longer, with class weights or another learning rate."
        )


def _leakage(metrics: dict) -> Iterator[str]:
    audit = _get(metrics, "leakage_audit")
    inflated = []
    for model in audit if isinstance(audit, dict) else {}:
        honest = _number(audit, model, "by_subject", "macro_f1")
        leaky = _number(audit, model, "random", "macro_f1")
        if honest is not None and leaky is not None and leaky - honest >= INFLATION - TIE:
            inflated.append((leaky - honest, f"{short_name(model)} {leaky:.3f} instead of {honest:.3f}"))
    if inflated:
        texts = [text for _, text in sorted(inflated, reverse=True)]
        yield (
            f"A random split would have inflated the macro F1: {'; '.join(texts)}. It promises what new people will "
            "not get, for the people tested were trained on. Report scores by subject alone, and compare with "
            "published ones only where they divide people too."
        )


def _identity(metrics: dict) -> Iterator[str]:
    probes = _get(metrics, "probes", "identity")
    known = {}
    for model in probes if isinstance(probes, dict) else {}:
        times = _number(probes, model, "times_chance")
        if times is not None and times >= RECOGNISED:
            known[model] = times
    if known:
        texts = [f"{short_name(model)} {times:.1f} times" for model, times in known.items()]
        yield (
            f"Features recognise a person in another recording far more often than chance: {', '.join(texts)}. What "
            "tells people apart can stand in for stress wherever a person is in training and test, and features may be "
            "personal data. Divide by subject in every use, and do not publish features as anonymous."
        )


def _distillation(metrics: dict) -> Iterator[str]:
    compared = _get(metrics, "comparisons", "student_minus_student_ce", "test", "macro_f1")
    difference, low, high = (_number(compared, key) for key in ("difference", "low", "high"))
    if difference is None or low is None or high is None:
        return
    weights = _get(metrics, "method", "weights")
    if weights == []:
        yield (
            "The student was trained with cross-entropy alone, as its control: what they differ by is chance, and this "
            "run says nothing of distillation. Name a method that learns from the teacher."
        )
        return
    interval = f"{difference:+.3f} macro F1, interval {low:+.3f} to {high:+.3f}"
    n_subjects, needed = (_number(compared, key) for key in ("n_subjects", "subjects_needed"))
    seeds = _get(metrics, "protocol", "seeds") or []
    people = "" if n_subjects is None else f" on {n_subjects:.0f} subjects"
    if low <= 0 <= high:
        planned = (
            "more subjects, or repeats of the training, are needed"
            if needed is None
            else f"if the difference is as large as it was here, about {needed:.0f} subjects are needed to show it"
        )
        yield (
            f"Distilled and control student cannot be told apart{people} ({interval}). This run is no evidence that "
            f"distillation helps, nor that it does not; {planned}."
        )
    elif low > 0:
        yield (
            f"The distilled student is better than the control{people} ({interval}). The interval covers other people"
            f"{', not other seeds or splits: repeat it before relying on it' if len(seeds) < 2 else ''}."
        )
    else:
        yield (
            f"The distilled student is worse than the control{people} ({interval}). The terms that draw it towards the "
            "teacher draw it away from what speech can show. Use the control, or lower "
            f"{_weights_named(weights)} and compare again."
        )


def _weights_named(weights) -> str:
    """The options of the loss that the run had, by name."""
    names = [name for name in weights if isinstance(name, str)] if isinstance(weights, list) else []
    return _joined(names) if names else "the weights of these terms"


def _calibration(metrics: dict) -> Iterator[str]:
    off = {}
    for model in NETWORKS:
        error = _number(metrics, model, "test", "calibration_error")
        if error is not None and error > OVERCONFIDENT:
            off[model] = error
    if off:
        yield (
            f"Probabilities are off by more than {OVERCONFIDENT:.2f} on average (expected calibration error): "
            f"{_listed(off)}. A probability is then not how often it is right. Use the class alone, or calibrate the "
            "probabilities on the validation subjects."
        )


def _listed(values: dict[str, float]) -> str:
    return _joined([f"{short_name(model)} ({value:.3f})" for model, value in values.items()])


def _joined(texts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _scores(metrics: dict) -> Iterator[tuple[str, float]]:
    for model in NETWORKS:
        score = _number(metrics, model, "test", "macro_f1")
        if score is not None:
            yield model, score


def _get(values, *path: str):
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _number(values, *path: str) -> float | None:
    """A finite number at a path, or None."""
    value = _get(values, *path)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".")


def _s(count: int) -> str:
    return "" if count == 1 else "s"
