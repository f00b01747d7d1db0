"""What a careful reader would notice in a run's numbers, in sentences."""

from collections.abc import Iterator

from stressid_keras.analysis.probes.probe import PROBES
from stressid_keras.analysis.probes.sentences import (
    TIE,
    joined,
    listed,
    looked_up,
    network_scores,
    number_at,
)
from stressid_keras.evaluation.models import AUDIO_BASELINES, NETWORKS, short_name

FLOOR_NAMES = {
    "majority": "always naming the most frequent class",
    "prior": "the class shares of the training part",
    "task_lookup": "looking up the task's name",
}
INFLATION = 0.05  # of macro F1, from which a random split is said to flatter
BY_HEART = 0.1  # of macro F1, from which a teacher is said to have learnt its people
OVERCONFIDENT = 0.15  # expected calibration error


def findings(metrics: dict) -> list[str]:
    """What was seen, why it matters and what to do, a paragraph each; gravest first.

    Args:
        metrics: the content of `metrics.json`; whatever it lacks is passed over.

    Returns:
        Plain text; empty if there is nothing to say.
    """
    parts = [
        (20, _floors),
        (30, _elsewhere),
        (40, _classical),
        (50, _constant),
        (60, _leakage),
        (70, _by_heart),
        (75, _labels_alone),
        (76, _nothing_hearable),
        (80, _distillation),
        (90, _calibration),
        *((probe.gravity, probe.findings) for probe in PROBES.values()),
    ]
    graded = sorted(parts, key=lambda part: part[0])
    return [sentence for _, part in graded for sentence in part(metrics)]


def _floors(metrics: dict) -> Iterator[str]:
    floors = {
        name: number_at(metrics, "floors", "test", f"{floor}_macro_f1") for floor, name in FLOOR_NAMES.items()
    }
    floors = {name: value for name, value in floors.items() if value is not None}
    scores = dict(network_scores(metrics))
    for name, floor in sorted(floors.items(), key=lambda item: -item[1]):
        beaten = {model: scores.pop(model) for model, score in [*scores.items()] if floor >= score - TIE}
        if beaten:
            yield (
                f"No better than {name} (macro F1 {floor:.3f}), which needs no recording: {listed(beaten)}. Nothing "
                "that was learnt from the signals shows in these scores. Do not report them as recognition of stress."
            )


def _elsewhere(metrics: dict) -> Iterator[str]:
    """Each network on other data, beside what the floors reach there: what one does not show, another may."""
    tested = looked_up(metrics, "also_tested")
    for other in tested if isinstance(tested, list) else []:
        floors = (number_at(other, "floors", f"{floor}_balanced_accuracy") for floor in FLOOR_NAMES)
        floor = max((value for value in floors if value is not None), default=None)
        for model in NETWORKS:
            score = number_at(other, "models", model, "balanced_accuracy")
            ends = looked_up(other, "models", model, "balanced_accuracy_interval")
            low = number_at(dict(enumerate(ends)), 0) if isinstance(ends, list) else None
            if None not in (score, floor) and (low is None or low <= floor + TIE):
                yield (
                    f"On {looked_up(other, 'name')}, of which it had heard nothing, the {short_name(model)} is not "
                    f"shown to recognise anything: UAR {score:.3f}; without a recording {floor:.3f}, which its "
                    "interval is not wholly above. Do not expect it to work for other people, microphones or languages."
                )


def _classical(metrics: dict) -> Iterator[str]:
    """Networks beside classical classifiers on features of what they see themselves."""
    baselines = looked_up(metrics, "baselines")
    for models, group in ((("teacher",), "physiology_"), (("student", "student_ce"), AUDIO_BASELINES)):
        scores = {
            name: score
            for name in (baselines if isinstance(baselines, dict) else {})
            if name.startswith(group)
            and (score := number_at(baselines, name, "test", "macro_f1")) is not None
        }
        if not scores:
            continue
        best = max(scores, key=scores.get)
        beaten = {
            model: score
            for model, score in network_scores(metrics)
            if model in models and scores[best] > score
        }
        if beaten:
            yield (
                f"A classical baseline does better: {short_name(best)} ({scores[best]:.3f}) than {listed(beaten)}. "
                "The network does not yet use what simple features of the same recordings hold; more data, another "
                "network or longer training may."
            )


def _constant(metrics: dict) -> Iterator[str]:
    names = looked_up(metrics, "protocol", "class_names")
    constant: dict[int, list[str]] = {}
    for model in NETWORKS:
        matrix = looked_up(metrics, model, "test", "confusion_matrix")
        if not isinstance(matrix, list) or not all(isinstance(row, list) and row for row in matrix):
            continue
        predicted = [index for index, column in enumerate(zip(*matrix, strict=False)) if any(column)]
        if len(predicted) == 1:
            constant.setdefault(predicted[0], []).append(model)
    for index, models in constant.items():
        known = isinstance(names, list) and len(names) > index
        yield (
            f"A single class, {names[index] if known else index}, is predicted for every test window by "
            f"{joined([short_name(model) for model in models])}. The accuracy is that class's share and says nothing "
            "about the signals. Look at the training curves: train longer, with class weights or another learning rate."
        )


def _leakage(metrics: dict) -> Iterator[str]:
    audit = looked_up(metrics, "leakage_audit")
    inflated = []
    for model in audit if isinstance(audit, dict) else {}:
        honest = number_at(audit, model, "by_subject", "macro_f1")
        leaky = number_at(audit, model, "random", "macro_f1")
        if honest is not None and leaky is not None and leaky - honest >= INFLATION - TIE:
            inflated.append((leaky - honest, f"{short_name(model)} {leaky:.3f} instead of {honest:.3f}"))
    if inflated:
        texts = [text for _, text in sorted(inflated, reverse=True)]
        yield (
            f"A random split would have inflated the macro F1: {'; '.join(texts)}. It promises what new people will "
            "not get, for the people tested were trained on. Report scores by subject alone, and compare with "
            "published ones only where they divide people too."
        )


def _distillation(metrics: dict) -> Iterator[str]:
    compared = looked_up(metrics, "comparisons", "student_minus_student_ce", "test", "macro_f1")
    difference, low, high = (number_at(compared, key) for key in ("difference", "low", "high"))
    if difference is None or low is None or high is None:
        return
    weights = looked_up(metrics, "method", "weights")
    if weights == []:
        yield (
            "The student was trained with cross-entropy alone, as its control: what they differ by is chance, and this "
            "run says nothing of distillation. Name a method that learns from the teacher."
        )
        return
    interval = f"{difference:+.3f} macro F1, interval {low:+.3f} to {high:+.3f}"
    n_subjects, needed = (number_at(compared, key) for key in ("n_subjects", "subjects_needed"))
    seeds = looked_up(metrics, "protocol", "seeds") or []
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


def _by_heart(metrics: dict) -> Iterator[str]:
    """The teacher on the people that it teaches."""
    trained, cross_fitted = (
        number_at(metrics, "teacher_knowledge", key) for key in ("trained", "cross_fitted")
    )
    unseen = number_at(metrics, "teacher", "test", "macro_f1")
    if trained is None or unseen is None or trained - unseen < BY_HEART:
        return
    strangers = "" if cross_fitted is None else f", teachers that had not seen them {cross_fitted:.3f}"
    method = str((metrics.get("method") or {}).get("method")).split("+")
    if "forest" in method or "born-again" in method:
        advice = "The student did not learn from it."
    elif cross_fitted is not None:
        advice = "The student learned from those that had not seen them."
    else:
        advice = (
            "Students learn from just these people: add cross-fit to the method, and they learn from teachers that had "
            "not seen them."
        )
    yield (
        f"The teacher knows the people whom it teaches by heart: macro F1 {trained:.3f} on them{strangers}, "
        f"{unseen:.3f} on held-out people. What it says of them is then little but their labels. {advice}"
    )


def _labels_alone(metrics: dict) -> Iterator[str]:
    """No training took soft labels, where that was a choice."""
    shares = (metrics.get("method") or {}).get("shares")
    if shares and not any(shares):
        yield (
            "The student is the control: where the share of the soft labels was chosen, none was best for "
            "held-out training people. What the other modalities say of a recording adds nothing to these labels that "
            "speech can show."
        )


def _nothing_hearable(metrics: dict) -> Iterator[str]:
    """No training regressed measures, where these were chosen."""
    found = (metrics.get("method") or {}).get("hearable")
    if found and not any(each.get("kept") for measures in found for each in measures.values()):
        yield (
            "No measure of signals and face was regressed: of none could it be shown on the training people both that "
            "the audio predicts it and that the label has to do with it. The method measures left the student as it "
            "would be without."
        )


def _weights_named(weights) -> str:
    """The options of the loss that the run had, by name."""
    names = [name for name in weights if isinstance(name, str)] if isinstance(weights, list) else []
    return joined(names) if names else "the weights of these terms"


def _calibration(metrics: dict) -> Iterator[str]:
    off = {}
    for model in NETWORKS:
        error = number_at(metrics, model, "test", "calibration_error")
        if error is not None and error > OVERCONFIDENT:
            off[model] = error
    if off:
        yield (
            f"Probabilities are off by more than {OVERCONFIDENT:.2f} on average (expected calibration error): "
            f"{listed(off)}. A probability is then not how often it is right. Use the class alone, or calibrate the "
            "probabilities on the validation subjects."
        )
