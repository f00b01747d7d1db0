"""Every number of the pipeline, one frozen dataclass per stage, to and from JSON.

A configuration is immutable; `dataclasses.replace` makes a changed copy. `RunConfig.to_dict` is what
is stored beside every artefact, and `RunConfig.from_dict` refuses names that it does not know, so that a
mistyped option never passes silently. A field's type says what it may be; `ranges.Checked` refuses the rest, also in
Python. Bounds are wide: they keep out what no recording, network or machine can follow, not what is unwise.
"""

import dataclasses
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from stressid_keras.errors import StressIDError, shown
from stressid_keras.modalities import PHYSIOLOGICAL, PRIVILEGED, RECORDS, TEACHABLE, WEIGHTS
from stressid_keras.ranges import (
    Checked,
    Choice,
    Length,
    Name,
    Range,
    Text,
    checked,
    kinds,
    type_and_rules,
    with_options,
)
from stressid_keras.system.folder_registry import FolderRegistry

EXPORT_VARIANTS = ("float32", "fp16", "int8", "mediapipe")
FULL_INT8 = ("full_int8", "int8_full", "full-int8", "int8-full")  # names that other exporters give it

# What a file may claim before anything is decoded: more is a damaged header, and would ask for gigabytes.
MAX_IMAGE_PIXELS = (
    4096 * 4096
)  # of an image made earlier: a field of a whole day, or a log-mel of over an hour
MAX_FRAME_PIXELS = 8192 * 4320  # of a film's frame: 8K
MAX_FILM_FRAMES = 6 * 3600 * 240  # of a film: six hours of slow motion
MAX_GAP_SECONDS = 60.0  # between two frames of one film, and of a lone frame: beyond, its clock has jumped

LABEL_COLUMNS = {"affect3": "affect3-class", "binary": "binary-stress"}
DEFAULT_CLASS_NAMES = {
    "affect3-class": ("Low", "Medium", "High"),
    "binary-stress": ("NoStress", "Stress"),
}

# What can be added by a file alone; the names are known here, the things themselves are imported when one is used.
IMAGE_BACKBONES = FolderRegistry("stressid_keras.models.backbones.image", "backbone", first=("cnn",))
SPEECH_BACKBONES = FolderRegistry("stressid_keras.models.backbones.speech", "backbone")
FILM_BACKBONES = FolderRegistry("stressid_keras.models.backbones.film", "backbone", first=("cnn3d",))
CORRUPTIONS = FolderRegistry(
    "stressid_keras.analysis.robustness.corruptions",
    "corruption",
    # as tables and figures show them
    first=(
        "white_noise",
        "babble",
        "reverberation",
        "telephone",
        "clipping",
        "gain_down",
        "gain_up",
        "mp3",
        "shorter",
    ),
)
# as they draw from a sample's stream of chance; an augmentation that is added has a stream of its own
SHARED_STREAM = ("log_mel_masks", "gaf_crop", "gaf_intensity", "frame_jitter", "flip", "colour")
AUGMENTATIONS = FolderRegistry("stressid_keras.batches.augmentations", "augmentation", first=SHARED_STREAM)

# Options that came when there were prepared folders and trained files, which are what one would still get where these
# are at their default.
LATER = frozenset(
    {
        *("crop", "video_measures", "warm_up", "clip_norm", "average", "hearable", "correct", "agreeing"),
        "distribution",
    }
)

LARGEST_ARRAY = (
    2**28
)  # numbers that a window of one modality, or a network's convolutions, may hold: a gibibyte
LONGEST_SPAN = 7 * 86_400  # seconds, of anything: a week
MOST_OVERLAP = 100  # windows that a second may lie in
DECIBELS = Range(-200, 200, "dB")  # float32 keeps some 150 below full scale

Seed = Annotated[int, Range(0, 2**32 - 1)]  # what NumPy's, Keras's and scikit-learn's generators take
Share = Annotated[float, Range(0, 1)]
PositiveShare = Annotated[float, Range(0, 1, above=True)]
InnerShare = Annotated[float, Range(0, 1, above=True, below=True)]
Dropout = Annotated[float, Range(0, 1, below=True)]
Decibels = Annotated[float, DECIBELS]
SampleRate = Annotated[int, Range(4_000, 192_000, "Hz")]  # from what a voice needs to what recorders have
Count = Annotated[int, Range(1, 10_000)]
BatchSize = Annotated[int, Range(1, 4_096)]  # windows of a minute: more fit no device
FieldSize = Annotated[int, Range(2, 1_024, "pixels")]
Filters = Annotated[tuple[int, ...], Range(1, 4_096), Length(1, 8)]  # a block each, which halves the picture
FeatureSize = Annotated[int, Range(1, 16_384)]
Epochs = Annotated[int, Range(1, 100_000)]
Weight = Annotated[
    float, Range(0, 1_000_000)
]  # of a term of the loss; float32 loses the other terms beside more
Levels = Annotated[tuple[float, ...], Length(0, 100)]  # of a corruption
DecibelLevels = Annotated[Levels, DECIBELS]

# What is asked for on the command line besides a configuration.
Jobs = Annotated[int, Range(1, 1_024)]  # processes; no machine has more cores that they could share
Folds = Annotated[
    int, Range(3, 100_000)
]  # one each to train, validate and test on; at most as many as subjects
Repeats = Annotated[int, Range(1, 1_000)]
Trials = Annotated[int, Range(1, 100_000)]


@dataclass(frozen=True)
class DatasetConfig(Checked):
    """Which recordings are used, and how their subjects are divided."""

    label: Annotated[str, Choice(*LABEL_COLUMNS)] = "affect3"  # a key of LABEL_COLUMNS
    # empty: DEFAULT_CLASS_NAMES of the label
    class_names: Annotated[tuple[str, ...], Name, Length(0, 100)] = ()
    # "all": the teacher also learns from recordings without audio
    teacher_recordings: Annotated[str, Choice("complete", "all")] = "complete"
    # what the teacher learns from, and every recording that it uses must have; with audio it hears, too, by the
    # statistics of the speech encoder
    teacher_modalities: Annotated[tuple[str, ...], Choice(*TEACHABLE), Length(1, len(TEACHABLE))] = PRIVILEGED
    val_share: InnerShare = 8 / 52  # the specification's 36 / 8 / 8 of 52 subjects
    test_share: InnerShare = 8 / 52
    split_restarts: Count = 50  # random starts of the search for the most balanced assignment

    def _check_together(self):
        if len(set(self.teacher_modalities)) < len(self.teacher_modalities):
            raise StressIDError(
                f"teacher_modalities is {shown(self.teacher_modalities)}; expected names that differ."
            )
        ordered = tuple(name for name in TEACHABLE if name in self.teacher_modalities)
        object.__setattr__(self, "teacher_modalities", ordered)
        expected = len(DEFAULT_CLASS_NAMES[self.label_column])
        if self.class_names and len(self.class_names) != expected:
            raise StressIDError(
                f"{len(self.class_names)} class names were given; {self.label_column} has {expected} classes."
            )
        if len({unicodedata.normalize("NFC", name) for name in self.class_names}) < len(self.class_names):
            raise StressIDError(f"class_names is {shown(self.class_names)}; expected names that differ.")
        if not self.val_share + self.test_share < 1:
            raise StressIDError(
                f"val_share is {self.val_share:g} and test_share {self.test_share:g}; expected less than 1 together, "
                "so that somebody is left to train on."
            )

    @property
    def teacher_hears(self) -> bool:
        """Whether the teacher learns from what the student hears as well."""
        return any(name not in PRIVILEGED for name in self.teacher_modalities)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those that a complete recording has: the student's and the teacher's."""
        return tuple(name for name in RECORDS if name not in PRIVILEGED or name in self.teacher_modalities)

    @property
    def label_column(self) -> str:
        return LABEL_COLUMNS[self.label]

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of the label's integers."""
        return tuple(self.class_names) or DEFAULT_CLASS_NAMES[self.label_column]


@dataclass(frozen=True)
class AudioConfig(Checked):
    """Log-mel spectrogram; the original implementation's constants."""

    sample_rate: SampleRate = 16_000  # Hz
    n_fft: Annotated[int, Range(16, 16_384, "samples")] = 1024
    hop_length: Annotated[int, Range(1, 16_384, "samples")] = 512  # 31.25 frames a second
    n_mels: Annotated[int, Range(1, 1_024)] = 128
    top_db: Annotated[float, Range(1, 200, "dB")] = 80.0  # dB below the window's loudest point that are kept

    def _check_together(self):
        if self.n_fft % self.hop_length:
            raise StressIDError(
                f"n_fft is {self.n_fft} and hop_length {self.hop_length}; expected n_fft to be a multiple of it, "
                "because the exported model cuts its frames into hops."
            )
        if self.n_mels > self.n_fft // 2 + 1:
            raise StressIDError(
                f"n_mels is {self.n_mels} and n_fft {self.n_fft}; expected at most {self.n_fft // 2 + 1} bands, one "
                "for each frequency of the transform."
            )


@dataclass(frozen=True)
@with_options({f"{name}_size": (FieldSize, RECORDS[name].field_size) for name in PHYSIOLOGICAL})
class GafConfig(Checked):
    """Gramian angular fields of the physiological signals.

    Sizes, `<signal>_size` of each, are pixels per side for a full window; a shorter window gives a proportionally
    smaller image, so a pixel always spans the same time. 64 are about a pixel a second: skin conductance responses last
    seconds, and breathing stays below 0.5 Hz. One pixel per second of the ECG itself, as in the original, loses every
    heartbeat (256 are wanted, 4.3 Hz, for up to 128 bpm); its heart rate keeps them, at about a pixel a beat.
    """

    ecg_series: Annotated[str, Choice("heart_rate", "signal")] = "heart_rate"
    # scaled over all recordings of the person, or each window by itself
    levels: Annotated[str, Choice("person", "window")] = "person"
    method: Annotated[str, Choice("summation", "difference")] = "summation"

    def size(self, modality: str) -> int:
        return getattr(self, f"{modality}_size")


@dataclass(frozen=True)
class VideoConfig(Checked):
    frames: Annotated[int, Range(1, 1_024)] = 16
    # as C3D and R(2+1)D take; aspect ratio is kept, nothing is enlarged
    max_side: Annotated[int, Range(8, 4_096, "pixels")] = 112
    # "face": what is shrunk is the square about the face, for which all frames of the window are searched at full size
    crop: Annotated[str, Choice("frame", "face")] = "frame"

    def _check_together(self):
        if self.frames * self.max_side**2 * 3 > LARGEST_ARRAY:
            raise StressIDError(
                f"frames is {self.frames} and max_side {self.max_side}; expected less of one, for a window would "
                f"hold up to {self.frames * self.max_side**2 * 3:.1e} numbers."
            )


@dataclass(frozen=True)
class QualityConfig(Checked):
    """What makes a modality of a window unusable, and how its faults are measured."""

    max_missing_share: Share = 0.05  # of NaN samples in a signal; fewer are interpolated
    max_flat_share: Share = 0.9  # of a signal; a loose electrode for some seconds leaves the rest usable
    max_silent_share: Share = 0.98  # of a waveform; pauses belong to speech
    max_clipped_share: Share = 0.5  # of a waveform's samples; loud speech clips for moments
    max_dropped_share: Share = 0.5  # of a video's frames
    # a signal that does not move for so long is flat; converters repeat values for less
    flat_seconds: Annotated[float, Range(0.001, 3_600, "s")] = 1.0
    clip_peak: PositiveShare = 0.999  # full scale is 1; from here on a sample is clipped
    min_seconds: Annotated[float, Range(0.01, 3_600, "s")] = 1.0  # of any modality
    # of a recording: no session lasts longer, and a damaged header can promise years
    max_seconds: Annotated[float, Range(1, LONGEST_SPAN, "s")] = 6 * 3600.0
    silence_peak: PositiveShare = 1e-4  # full scale is 1; below it a waveform is silent (-80 dBFS)
    # of text files without a time column; the others are brought to it. Below 50 Hz heartbeats are missed: at 25 Hz, 61
    # a minute were found of 79
    signal_rate: Annotated[float, Range(50, 100_000, "Hz")] = 500.0
    # correlation of 3 of 4 heartbeats with their median: Orphanidou et al. 2015
    min_beat_likeness: Annotated[float, Range(-1, 1)] = 0.66

    def _check_together(self):
        if self.min_seconds > self.max_seconds:
            raise StressIDError(
                f"min_seconds is {self.min_seconds:g} and max_seconds {self.max_seconds:g}; expected no more than it."
            )


@dataclass(frozen=True)
class PreparationConfig(Checked):
    window_seconds: Annotated[float, Range(0.1, LONGEST_SPAN, "s")] = 60.0
    hop_seconds: Annotated[float, Range(0.01, LONGEST_SPAN, "s")] = 60.0
    audio: AudioConfig = field(default_factory=AudioConfig)
    gaf: GafConfig = field(default_factory=GafConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)

    def _check_together(self):
        if not self.quality.min_seconds <= self.window_seconds <= self.quality.max_seconds:
            raise StressIDError(
                f"window_seconds is {self.window_seconds:g}; expected from {self.quality.min_seconds:g} to "
                f"{self.quality.max_seconds:g} s, the shortest and longest recording (min_seconds, max_seconds)."
            )
        if self.hop_seconds * MOST_OVERLAP < self.window_seconds:
            raise StressIDError(
                f"hop_seconds is {self.hop_seconds:g} and window_seconds {self.window_seconds:g}; expected at least a "
                f"{MOST_OVERLAP}th of it, for every second is stored again in each window that holds it."
            )
        numbers = self.window_seconds * self.audio.sample_rate / self.audio.hop_length * self.audio.n_mels
        if numbers > LARGEST_ARRAY:
            raise StressIDError(
                f"a log-mel of {self.window_seconds:g} s with a hop_length of {self.audio.hop_length} and "
                f"{self.audio.n_mels} n_mels has {numbers:.1e} numbers; expected at most {LARGEST_ARRAY:.1e}: "
                "make the window shorter, the hop longer or the bands fewer."
            )


@dataclass(frozen=True)
class AugmentationConfig(Checked):
    """Random changes of training samples; validation and test samples are never changed."""

    enabled: bool = True
    time_masks: Annotated[int, Range(0, 100)] = 2  # SpecAugment, on the log-mel
    time_mask_share: Share = 0.1  # of the window, the longest a mask gets
    frequency_masks: Annotated[int, Range(0, 100)] = 2
    frequency_mask_bands: Annotated[int, Range(0, 1_024)] = 16  # of 128, the widest a mask gets
    gaf_crop: PositiveShare = 0.6  # of the window, the shortest span of a signal that is kept
    gaf_scale: Share = 0.0  # per field, intensity × (1 ± this), such as 0.05; off: not compared yet
    # per field, intensity ± this, of the range [-1, 1]; as above
    gaf_shift: Annotated[float, Range(0, 2)] = 0.0
    frame_jitter: Annotated[int, Range(0, 1_024)] = 1  # frames that each of the 16 may be off, kept in order
    flip: bool = True  # left and right of a video, half the time
    colour_scale: Share = 0.3  # per video and channel, contrast 1 ± this
    colour_shift: Share = 0.2  # per video and channel, brightness ± this
    # options of augmentations that have none above, by the name of the augmentation
    added: Annotated[dict[str, dict], Length(0, 100)] = field(default_factory=dict, hash=False)

    def _check_together(self):
        for name, options in self.added.items():
            AUGMENTATIONS[name].options_from(options)


@dataclass(frozen=True)
class PipelineConfig(Checked):
    batch_size: BatchSize = 8
    # "numpy": the same batches without TensorFlow
    loader: Annotated[str, Choice("tf.data", "numpy")] = "tf.data"
    # "": read from the prepared arrays; "memory"; or where a local copy of them goes
    cache: Annotated[str, Text] = ""
    # the largest sample of the batch, or of all: JAX compiles every new shape anew
    pad_to: Annotated[str, Choice("batch", "largest")] = "batch"
    bucket_batches: Count = 8  # sorted by length together: little padding, still chance in a batch; 1: off
    # threads; fixed, for tf.data's autotune idles for seconds on a busy machine
    workers: Annotated[int, Range(1, 256)] = 2
    # "data-parallel": every training batch is divided among all devices of this machine, or of several processes'
    distribution: Annotated[str, Choice("", "data-parallel")] = ""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


@dataclass(frozen=True)
class TeacherConfig(Checked):
    video_filters: Filters = (16, 32, 64, 128)
    signal_filters: Filters = (16, 32, 64, 128)
    feature_size: FeatureSize = 256
    dropout: Dropout = 0.3  # on the concatenated features, before the classifier
    # share of samples whose feature of a modality the classifier does not see
    modality_dropout: Dropout = 0.2
    # "cnn3d" and "cnn" are the specification's
    video_backbone: Annotated[str, Choice(FILM_BACKBONES)] = "cnn3d"
    signal_backbone: Annotated[str, Choice(IMAGE_BACKBONES)] = "cnn"
    # standard measures of each signal, and a small mean picture of the face, as a second path into the feature:
    # "person", also relative to the person's own recordings; "window", of the window alone; "none", as in the
    # specification
    measures: Annotated[str, Choice("person", "window", "none")] = "person"
    # of the face: its mean picture, or how far eyes and mouth are open and how high the brows are, by its landmarks
    video_measures: Annotated[str, Choice("picture", "landmarks")] = "picture"

    def _check_together(self):
        # taps of a convolution in space and time, and of the three in space of a residual block
        _check_weights("video_filters", self.video_filters, taps=27)
        _check_weights("signal_filters", self.signal_filters, taps=27)

    @property
    def takes_measures(self) -> bool:
        return self.measures != "none"


@dataclass(frozen=True)
class StudentConfig(Checked):
    filters: Filters = (16, 32, 64, 128)
    feature_size: FeatureSize = 256
    dropout: Dropout = 0.3  # on the feature, before the classifier
    # "speech": on a pretrained speech encoder, which hears most; "statistics": the best of those that learn from
    # nothing, within 1 MB; "cnn": the specification's; "separable": a tenth of the convolutions' weights
    backbone: Annotated[str, Choice(IMAGE_BACKBONES, SPEECH_BACKBONES)] = "speech"
    # times the filters of every block; the feature keeps the teacher's size
    width: Annotated[float, Range(0, 100, above=True)] = 1.0

    def _check_together(self):
        _check_weights("filters, times width,", self.widened_filters, taps=9)

    @property
    def hears_speech(self) -> bool:
        """Whether it hears a pretrained speech encoder's statistics of a window, in place of its log-mel."""
        return self.backbone in SPEECH_BACKBONES

    @property
    def widened_filters(self) -> tuple[int, ...]:
        """Channels of each block, at least one."""
        return tuple(max(1, round(self.width * channels)) for channels in self.filters)


@dataclass(frozen=True)
class ExportOptions(Checked):
    """The files that an export writes, and the window that they take."""

    # of the deployed model's window, where training windows are longer: a device waits for it
    seconds: Annotated[float, Range(1, 3_600, "s")] = 10.0
    # a prepared folder whose windows set the int8 ranges; "": the training part's
    calibration: Annotated[str, Text] = ""
    variants: Annotated[tuple[str, ...], Text, Length(0, 100)] = EXPORT_VARIANTS

    def _check_together(self):
        if not self.variants or len(set(self.variants)) < len(self.variants):
            raise StressIDError(
                f"variants is {shown(self.variants)}; expected names that differ, at least one."
            )
        for name in self.variants:
            if name in FULL_INT8:
                raise StressIDError(
                    f"variant {name!r} would quantise the front end, which changes about half of the "
                    "predictions; expected 'int8', which keeps the front end in float."
                )
            if name not in EXPORT_VARIANTS:
                raise StressIDError(
                    f"variant {shown(name)} is unknown; expected some of {', '.join(EXPORT_VARIANTS)}."
                )


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """How a network is fitted; the same for teacher, control and student unless the run says otherwise."""

    epochs: Epochs = 30  # the original's 50 were at a constant rate
    # the epoch whose network is kept: the best by the validation subjects, who are few, is mostly luck
    kept: Annotated[str, Choice("last", "best")] = "last"
    # epochs without as good a validation score before training stops, where the best is kept; the best come late
    patience: Epochs = 15
    # at the start; it falls along a cosine to zero at the last epoch
    learning_rate: Annotated[float, Range(1e-12, 10)] = 1e-3
    # of the steps, in which it rises in equal steps before it falls
    warm_up: Dropout = 0.0
    weight_decay: Share = 1e-4
    # most that the gradient of all weights together may measure (Euclidean norm); 0: it may be as long as it is
    clip_norm: Annotated[float, Range(0, 1e12)] = 0.0
    # share of the average of the weights that stays at every step, the rest being that step's: .99 looks back a
    # hundred steps; 0: no average, but the weights of the last step
    average: Dropout = 0.0
    class_weights: bool = True  # inverse frequency in the training part
    label_smoothing: Dropout = 0.0
    tensorboard: bool = False  # event files beside the history
    # Keras's: each step in Python, slower, but without the seconds that a compilation takes; for tries and a debugger
    run_eagerly: bool = False


@dataclass(frozen=True)
@with_options(dict.fromkeys(WEIGHTS.values(), (Weight, 1.0)))
class DistillationConfig(Checked):
    """The student's loss: the specification's α, β, γ and δ, of video, ECG, EDA and respiration (see `modalities`), and
    what else the literature found to help.

    `distillation.methods` names the combinations and their papers; a weight of 0 leaves a term out. A method that is
    added brings options of its own: they stand in `added`, and are checked as its file declares them when a student
    is to be distilled.
    """

    features_first: bool = False  # first the features alone, then the classifier alone
    # of the epochs, for the features; a linear classifier is learnt soon
    features_first_share: InnerShare = 0.7
    # between the student's feature and each of the teacher's
    projection: Annotated[str, Choice("", "linear", "hidden")] = ""
    logits: Weight = 0.0  # weight of the soft targets
    imitation: Share = 0.0  # share that the teacher's soft labels take from the labels
    # that share is chosen by cross-validation on the training people; what `imitation` has above 0 says no more
    imitation_chosen: bool = False
    # of the teacher's probabilities, which labels as noisy as self-reports leave soft
    temperature: Annotated[float, Range(0.01, 1_000)] = 1.0
    relational: Weight = 0.0  # weight of the distances and angles between a batch's features
    contrastive: Weight = 0.0  # weight of telling a sample's teacher feature from the batch's others
    contrastive_temperature: Annotated[float, Range(0.001, 1_000)] = 0.1  # of the similarities of features
    # by relational and contrastive; empty: those of α to δ, or all of the teacher's
    compared_features: Annotated[tuple[str, ...], Choice(*TEACHABLE), Length(0, len(TEACHABLE))] = ()
    # weight of regressing the measures of signals and face from the student's feature
    measures: Weight = 0.0
    hearable: bool = False  # only measures that audio can predict and that differ between the classes
    # who is imitated: the teacher; teachers that never saw the person; instead of a teacher, random forests on the
    # measures of signals and face that never saw the person; students that never heard the person, a control
    imitated: Annotated[str, Choice("teacher", "cross-fit", "forest", "born-again")] = "teacher"
    # parts of the training people, one of these networks without each
    cross_fit_parts: Annotated[int, Range(2, 100)] = 5
    # the teacher's outputs, exchanged among windows of a class, of the same person where there are several: a control
    permuted: bool = False
    confidence: bool = False  # a sample's terms count as much as the teacher's probability of its label
    correct: bool = False  # only terms of samples whose label is the teacher's most likely class
    agreeing: bool = False  # only terms of samples whose classes student and teacher rank alike
    standardised: bool = False  # the teacher's features, by mean and standard deviation of the training part
    # of all these weights: "warm-up" raises them from 0, "decay" lowers them to 0
    schedule: Annotated[str, Choice("constant", "warm-up", "decay")] = "constant"
    schedule_share: PositiveShare = 0.5  # of the epochs that a schedule takes
    # of stored features; float16 halves the file
    feature_dtype: Annotated[str, Choice("float32", "float16")] = "float32"
    # augmented views of a sample whose features are stored, besides the plain one
    feature_views: Annotated[int, Range(0, 1_000)] = 0
    # options of methods that were added, by the name of the option
    added: Annotated[dict[str, object], Length(0, 100)] = field(default_factory=dict, hash=False)

    def _check_together(self):
        if self.imitation_chosen and self.imitated != "forest":
            raise StressIDError(
                f"imitation_chosen is true and imitated {self.imitated}; expected forest, of which one is soon grown "
                "for every pair of parts of the people: labels that judge a share must not come back as soft labels."
            )

    @property
    def weights(self) -> dict[str, float]:
        """The weights by the modality whose feature they pull towards."""
        return {name: getattr(self, option) for name, option in WEIGHTS.items()}

    @property
    def takes_measures(self) -> bool:
        """Whether measures of signals and face are needed: to be regressed, or for forests to grow on."""
        return self.measures > 0 or self.imitated == "forest"

    @property
    def compared(self) -> tuple[str, ...]:
        """The modalities whose features relational and contrastive compare."""
        weighed = tuple(name for name, weight in self.weights.items() if weight)
        return self.compared_features or weighed or tuple(self.weights)

    def of_teacher(self, modalities: tuple[str, ...]) -> "DistillationConfig":
        """The same, of a teacher with these modalities: the weights of others are 0, nor are they compared.

        What is compared is named where it was before, or where no weight is left to tell; else it follows the weights.
        """
        absent = {WEIGHTS[name]: 0.0 for name in PRIVILEGED if name not in modalities}
        if not absent:
            return self
        chosen = tuple(name for name in self.compared_features if name in modalities)
        fitting = dataclasses.replace(self, **absent, compared_features=chosen)
        if chosen or any(fitting.weights.values()):
            return fitting
        return dataclasses.replace(fitting, compared_features=modalities)


SPECIFIED_METHOD = "mars"  # what `DistillationConfig()` is: the specification's loss
# What a run does unless it is told otherwise. Its mean gain over the control was the largest of those tried, and no
# set was harmed; no gain is established (docs/results.md).
DEFAULT_METHOD = "generalised+forest+chosen-share"


def default_distillation() -> DistillationConfig:
    """`DEFAULT_METHOD`."""
    no_features = dict.fromkeys(WEIGHTS.values(), 0.0)
    return DistillationConfig(**no_features, imitation=0.7, imitation_chosen=True, imitated="forest")


@dataclass(frozen=True)
class RobustnessConfig(Checked):
    """What a student's audio is put through when it is scored, each corruption's levels from mild to severe.

    An empty tuple leaves a corruption out. Chance (noise, who babbles, impulse responses) comes from the run's seed,
    the recording, the window, the corruption and the level alone: the same whatever else is corrupted, in any order.
    """

    white_noise: DecibelLevels = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB, speech over noise
    babble: DecibelLevels = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB, speech over the sum of the voices
    # s of RT60: living room, office, hall, church
    reverberation: Annotated[Levels, Range(0, 60, "s", above=True)] = (0.2, 0.4, 0.8, 1.6)
    telephone: Annotated[Levels, Range(0, 1, above=True)] = (1.0,)  # 1: narrow-band telephony has no degrees
    # % of the samples
    clipping: Annotated[Levels, Range(0, 100, "%", above=True, below=True)] = (1.0, 5.0, 10.0, 20.0)
    # dB, before 16 bits
    gain_down: Annotated[Levels, Range(-200, 0, "dB", below=True)] = (-10.0, -20.0, -30.0, -40.0)
    # dB, into a recorder that clips
    gain_up: Annotated[Levels, Range(0, 200, "dB", above=True)] = (5.0, 10.0, 15.0, 20.0)
    # kbit/s: from nearly transparent to the least there is
    mp3: Annotated[Levels, Range(8, 320, "kbit/s")] = (48.0, 24.0, 16.0, 8.0)
    # s, from the middle of the window
    shorter: Annotated[Levels, Range(0.01, LONGEST_SPAN, "s")] = (30.0, 10.0, 5.0, 2.0, 1.0)
    # of the babble; more are no harder to hear through (Simpson and Cooke 2005)
    n_voices: Annotated[int, Range(1, 1_000)] = 6
    direct_to_reverberant: Decibels = 0.0  # dB, direct sound over reverberation: as at the critical distance
    batch_size: BatchSize = 8
    # levels of corruptions that have no option above, by the name of the corruption; one that is not named has its own
    added: Annotated[dict[str, Levels], Length(0, 100)] = field(default_factory=dict, hash=False)

    def _check_together(self):
        for name, levels in self.added.items():
            CORRUPTIONS[name].check(levels)

    def levels(self, name: str) -> tuple[float, ...]:
        """Levels of a corruption, in any order."""
        if name in kinds(type(self)):
            return getattr(self, name)
        return self.added.get(name, CORRUPTIONS[name].levels)

    @property
    def complete(self) -> "RobustnessConfig":
        """A copy that names the levels of every corruption: all that results depend on."""
        return self.with_levels({name: self.levels(name) for name in CORRUPTIONS})

    def with_levels(self, levels: Mapping[str, Sequence[float]]) -> "RobustnessConfig":
        """A copy with other levels of some corruptions, wherever they are kept; `()` leaves one out."""
        own = {name: value for name, value in levels.items() if name in kinds(type(self))}
        added = {name: value for name, value in levels.items() if name not in own}
        return dataclasses.replace(self, **own, added={**self.added, **added})


@dataclass(frozen=True)
class InspectionConfig(Checked):
    """Into how many pieces a window is cut that are hidden one by one from the student."""

    time_patches: Count = 20  # 3 s of a 60-second window: a phrase
    # 16 of 128 mel bands; a window then takes 160 predictions
    band_patches: Annotated[int, Range(1, 1_024)] = 8
    bands: Annotated[int, Range(1, 1_024)] = 16  # 8 of 128 mel bands, each hidden in the whole window
    batch_size: BatchSize = 16


@dataclass(frozen=True)
class RunConfig(Checked):
    seed: Seed = 0
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    pipeline: PipelineConfig = field(default_factory=PipelineConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    teacher_training: TrainingConfig = field(default_factory=TrainingConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    student_training: TrainingConfig = field(default_factory=TrainingConfig)
    distillation: DistillationConfig = field(default_factory=default_distillation)
    robustness: RobustnessConfig = field(default_factory=RobustnessConfig)
    inspection: InspectionConfig = field(default_factory=InspectionConfig)

    def _check_together(self):
        fitting = self.distillation.of_teacher(self.dataset.teacher_modalities)
        object.__setattr__(self, "distillation", fitting)
        if self.dataset.teacher_hears and not self.teacher.takes_measures:
            raise StressIDError(
                f"teacher_modalities is {shown(self.dataset.teacher_modalities)} and the teacher's measures none; "
                "expected person or window, for a teacher hears by the measures that a speech encoder takes."
            )
        if self.teacher.feature_size != self.student.feature_size and not self.distillation.projection:
            raise StressIDError(
                f"feature_size is {self.teacher.feature_size} for the teacher and {self.student.feature_size} for "
                "the student; expected the same, for the one is pulled towards the other, or a projection."
            )

    @property
    def folds_validate(self) -> bool:
        """Whether folds of a cross-validation have people to validate on: where these choose an epoch."""
        return "best" in (self.teacher_training.kept, self.student_training.kept)

    def to_dict(self) -> dict:
        return to_dict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "RunConfig":
        return from_dict(cls, values)


def to_dict(config) -> dict:
    """A configuration as plain JSON types; tables without an entry are left out, as before there were any."""
    return _plain(dataclasses.asdict(config))


def deciding(config) -> dict:
    """As `to_dict`, without the options of `LATER` that are at their default: what decides a result, for its key."""
    default, found = type(config)(), {}
    for name, value in to_dict(config).items():
        own = getattr(config, name)
        if name not in LATER or own != getattr(default, name):
            found[name] = deciding(own) if dataclasses.is_dataclass(own) else value
    return found


def from_dict(cls, values: dict, where: str = "configuration"):
    """Build a configuration dataclass from plain JSON types.

    Raises:
        StressIDError: a name in `values` is not an option of `cls`, or a value is not what the option may be.
    """
    if not isinstance(values, dict):
        raise StressIDError(f"{where} is {shown(values)}; expected a table of options.")
    types = kinds(cls)
    if unknown := sorted(set(values) - set(types), key=str):
        raise StressIDError(
            f"{where} has no option {shown(unknown[0])}; expected some of {', '.join(sorted(types))}."
        )
    arguments = {name: _typed(types[name], value, f"{where}.{name}") for name, value in values.items()}
    return cls(**arguments)


def _typed(kind, value, where: str):
    """A JSON value as the type that the dataclass declares; JSON may write 1.0 as 1."""
    if dataclasses.is_dataclass(kind):
        return from_dict(kind, value, where)
    value, (kind, _) = checked(kind, value, where), type_and_rules(kind)
    if kind is float:
        return float(value)
    return tuple(map(float, value)) if kind == tuple[float, ...] else value


def _check_weights(name: str, filters: tuple[int, ...], taps: int) -> None:
    """Raise StressIDError if the convolutions of an encoder have more weights than a device holds."""
    weights = sum(taps * before * after for before, after in zip((3, *filters), filters, strict=False))
    if weights > LARGEST_ARRAY:
        raise StressIDError(
            f"{name} is {shown(filters)}, which makes {weights:.1e} weights; expected at most {LARGEST_ARRAY:.1e}."
        )


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item != {}}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value
