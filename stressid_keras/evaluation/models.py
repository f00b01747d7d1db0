"""What the models are called: in files, in tables, in sentences; and the order in which they come."""

from collections.abc import Iterable

NETWORKS = ("teacher", "student", "student_ce")  # student_ce: the same student, cross-entropy alone
NETWORK_NAMES = {
    "teacher": "teacher",
    "student": "student",
    "student_ce": "same student, cross-entropy alone",
}
CLASSIFIER_NAMES = {
    "logistic_regression": "logistic regression",
    "svm": "SVM",
    "random_forest": "random forest",
    "knn": "k nearest neighbours",
}
BASELINE_NAMES = {
    **{f"audio_{key}": f"audio features, {name}" for key, name in CLASSIFIER_NAMES.items()},
    "speech_logistic_regression": "speech encoder, logistic regression",
    **{f"physiology_{key}": f"physiology features, {name}" for key, name in CLASSIFIER_NAMES.items()},
}
AUDIO_BASELINES = ("audio_", "speech_")  # how their names begin: they hear what the student hears
SHORT_NAMES = {"student_ce": "control"}


def is_known(model: str) -> bool:
    """Whether it is a network, a student distilled in another way, a teacher that misses modalities, or a baseline."""
    return model in NETWORKS or model.startswith(("student_", "teacher_")) or model in BASELINE_NAMES


def display_name(model: str) -> str:
    return NETWORK_NAMES.get(model) or BASELINE_NAMES.get(model) or model.replace("_", " ")


def short_name(model: str) -> str:
    return SHORT_NAMES.get(model) or display_name(model)


def in_order(models: Iterable[str]) -> list[str]:
    """Networks, their variants, baselines, each once."""
    known = [*NETWORKS, *BASELINE_NAMES]
    others = sorted(set(models) - set(known))
    order = [*NETWORKS, *others, *BASELINE_NAMES]
    return [model for model in order if model in set(models)]
