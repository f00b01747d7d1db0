"""What every model card says: the sentences that do not depend on a run, and those with gaps to fill."""

from stressid_keras.modalities import spoken_list
from stressid_keras.reporting.texts import RESEARCH_ONLY

STRESSID_LICENCE = (
    "StressID comes under an end-user licence of its own: it is available on request, for the purposes that the "
    "licence names, and may not be redistributed. Whether and how networks trained on it may be passed on is for that "
    "licence to say, too."
)
SYNTHETIC_LICENCE = (
    "The data are a generated sample: no person was recorded. Scores on it show that the software works and say "
    "nothing about stress."
)
OTHER_LICENCE = (
    "See the data's own licence, also for whether and how networks trained on the data may be passed on."
)
CODE_LICENCE = "The code is under the MIT licence."
CITATION = (
    "StressID: H. Chaptoukaev et al., “StressID: a Multimodal Dataset for Stress Identification”, NeurIPS 2023 "
    "Datasets and Benchmarks."
)
ABSENT_PART = "Not part of this run."
UNTRIED = (
    "What the model does with other microphones, languages and people than those of its data is unknown."
)
STUDENTS = {  # by what they hear; each sentence where the configuration says all of it
    "audio": "Student: a log-mel spectrogram ({preparation.audio.sample_rate} Hz, {preparation.audio.n_fft}-point "
    "FFT, hop {preparation.audio.hop_length}, {preparation.audio.n_mels} bands) in a {student.backbone} of "
    "{student.filters} filters × {student.width}, a feature of {student.feature_size} and one linear classifier.",
    "speech": "Student: a {student.backbone} at 16,000 Hz; on its statistics, standardised by the training part, two "
    "linear layers to a feature of {student.feature_size}, and one linear classifier.",
}
DETAILS = (  # as above
    "Teacher: from {dataset.teacher_modalities}, a feature of {teacher.feature_size} each, and a linear classifier on "
    "all of them.",
    "{teacher.measures}",
    "Input: windows of {preparation.window_seconds} s, one every {preparation.hop_seconds} s; a shorter recording is "
    "one window. {dataset.teacher_recordings}",
)
ENCODERS = {  # as above, of the teacher's modalities alone
    "video": (
        "Video: a {teacher.video_backbone} of {teacher.video_filters} filters, {preparation.video.frames} frames.",
        "{preparation.video.crop}",
    ),
    "signal": (
        "Signals: a {teacher.signal_backbone} of {teacher.signal_filters} filters for the Gramian angular "
        "{preparation.gaf.method} field of each ({preparation.gaf.levels}; of the ECG, that of "
        "{preparation.gaf.ecg_series}).",
    ),
    "audio": ("Audio, of the teacher: statistics of the pretrained speech encoder, as measures.",),
}
TRAINING = tuple(  # as above
    f"Training of the {network}: AdamW, learning rate {{{part}.learning_rate}} along a cosine"
    f"{{{part}.warm_up}}, weight decay {{{part}.weight_decay}}{{{part}.clip_norm}}{{{part}.average}}, classes "
    f"{{{part}.class_weights}}, label smoothing {{{part}.label_smoothing}}, at most {{{part}.epochs}} epochs, of which "
    f"{{{part}.kept}} is kept, batches of {{pipeline.batch_size}} samples, {{pipeline.augmentation.enabled}}."
    for network, part in (("teacher", "teacher_training"), ("student", "student_training"))
)
SEED = "Seed: {seed}."
WORDS = {  # for values of the configuration; another value stands as it is
    "dataset.teacher_modalities": spoken_list,
    "preparation.gaf.levels": {
        "person": "scaled over all recordings of a person",
        "window": "each window scaled by itself",
    },
    "preparation.gaf.ecg_series": {"heart_rate": "the heart rate", "signal": "the signal itself"},
    "preparation.video.crop": {
        "face": "Frames are cut to one square about the face, found by BlazeFace; where it finds none they are whole.",
        "frame": "",
    },
    "teacher.measures": {
        "person": "Besides pictures the teacher takes measures of signals and face, as they are and relative to all "
        "recordings of the same person, which the student never does.",
        "window": "Besides pictures the teacher takes measures of signals and face.",
        "none": "",
    },
    "dataset.teacher_recordings": {
        "complete": "All networks learned from windows that have audio and all of the teacher's modalities.",
        "all": "The teacher also learned from recordings without audio, the students from complete windows alone.",
    },
    "pipeline.augmentation.enabled": {True: "changed at random", False: "as they are"},
    "teacher_training.kept": (
        kept := {
            "last": "the last",
            "best": "the one with the highest unweighted average recall on the validation subjects",
        }
    ),
    "student_training.kept": kept,
    "teacher_training.class_weights": (
        weighted := {True: "weighted by inverse frequency", False: "not weighted"}
    ),
    "student_training.class_weights": weighted,
}
for _part in ("teacher_training", "student_training"):
    WORDS |= {
        f"{_part}.warm_up": lambda share: f" after a rise over {share:.0%} of the steps" if share else "",
        f"{_part}.clip_norm": lambda norm: f", gradients of a norm of at most {norm:g}" if norm else "",
        f"{_part}.average": lambda share: f", weights averaged with a momentum of {share:g}" if share else "",
    }
INTENDED = (
    "Research on recognising stress from speech and on distillation between modalities.",
    "Comparison of methods on groups of people, with the intervals and floors below.",
)
OUT_OF_SCOPE = (
    RESEARCH_ONLY,
    "Decisions about people: hiring, grading, insurance, policing, credit, health care, and whatever else has "
    "consequences for the person who speaks.",
    "Emotion inference at work and in education. In some places it is prohibited or restricted: in the European Union, "
    "Article 5(1)(f) of the Artificial Intelligence Act (Regulation (EU) 2024/1689) prohibits placing on the market, "
    "putting into service for this purpose or using AI systems that infer emotions of a natural person in the areas of "
    "workplace and education institutions, except for medical or safety reasons. Whether a use of this model falls "
    "under that or another law is for its user to establish; this is no legal advice.",
    "People who do not know that they are recorded and analysed, or have not agreed to it.",
    "Languages, tasks, microphones and rooms other than those of the training data, until they have been measured.",
)
ETHICS = (
    "The label is an assessment of stress during a task in a laboratory. A voice that sounds stressed is not a "
    "person who is stressed, and a score is not a diagnosis.",
    "Speech, faces and physiological signals identify people. Recordings stay where they are; this card "
    "names nobody.",
    "Speakers differ by sex, age, language, accent and health; a model that is right on average may be wrong for "
    "a group that the data hold few people of.",
)
HOW_MEASURED = (
    "UAR is the unweighted average recall (balanced accuracy). Intervals resample people, not windows. A floor is a "
    "score that needs no recording; a model that does not beat the floors has learned nothing that shows."
)
SMALL_GROUPS = (
    "Groups of few people show little: a difference that lies within the intervals is neither shown nor "
    "excluded."
)
LOADING = """```python
import keras, stressid_keras  # importing registers the layers

student = keras.models.load_model("student.keras")
```"""
LOADING_TFLITE = """Where the student was exported, without TensorFlow:

```python
from stressid_keras import StudentRunner  # LiteRT alone

runner = StudentRunner("student.tflite")
probabilities, feature = runner.predict_window(waveform)  # {rate} Hz, mono, float32 in [-1, 1]
```"""
