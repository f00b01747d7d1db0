"""What report and model card both say."""

from stressid_keras.evaluation.models import NETWORKS
from stressid_keras.modalities import PRIVILEGED, spoken_list

_LEARNED = {
    "student": "The student hears audio only and learned from the labels and the teacher.",
    "student_ce": "The control is the same student, trained with cross-entropy alone.",
}


def learning_sentences(metrics: dict, config: dict) -> list[str]:
    """What each network of `metrics.json` learned from; of the student as `metrics["method"]` describes it.

    Args:
        config: `RunConfig.to_dict()`.
    """
    seen = spoken_list((config.get("dataset") or {}).get("teacher_modalities") or PRIVILEGED)
    known = (config.get("teacher") or {}).get("measures") == "person"
    person = (
        ", and knows what is usual for each person from all recordings of them, without a label"
        if known
        else ""
    )
    told = _LEARNED | {"teacher": f"The teacher learned the classes from {seen}{person}."}
    if student := (metrics.get("method") or {}).get("learned_from"):
        told["student"] = student
    return [told[model] for model in NETWORKS if metrics.get(model)]


UNSEEN = "The test subjects took no part in training or in choosing a model."
RESEARCH_ONLY = (
    "Research software, not a medical device: no score of a single person supports a statement about that "
    "person's health or state."
)
COMPARISON_READING = (
    "The interval resamples subjects; p is that of exchanging the two models' predictions of whole subjects. "
    "The control is the same student, trained with cross-entropy alone. The number of subjects is for a power of .8 "
    "if the true effect is as large as the one found."
)
