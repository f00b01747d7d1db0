"""What report and model card both say."""

METHOD = {
    "teacher": "The teacher learned the classes from video, ECG, EDA and respiration.",
    "student": "The student hears audio only and learned from the labels and from the teacher's features.",
    "student_ce": "The control is the same student, trained with cross-entropy alone.",
}
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
