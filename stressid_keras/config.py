"""Every number of the pipeline, one frozen dataclass per stage, to and from JSON.

A configuration is immutable; `dataclasses.replace` makes a changed copy. `RunConfig.to_dict` is what
is stored beside every artefact, and `RunConfig.from_dict` refuses names that it does not know, so that a
mistyped option never passes silently.
"""

import dataclasses
import math
import typing
from dataclasses import dataclass, field
from pathlib import Path

from stressid_keras.errors import StressIDError

MODALITIES = ("audio", "video", "ecg", "eda", "rr")
PHYSIOLOGICAL = ("ecg", "eda", "rr")
PRIVILEGED = ("video", "ecg", "eda", "rr")  # what the teacher sees and the student never does

EXPORT_VARIANTS = ("float32", "fp16", "int8", "mediapipe")
FULL_INT8 = ("full_int8", "int8_full", "full-int8", "int8-full")  # names that other exporters give it

LABEL_COLUMNS = {"affect3": "affect3-class", "binary": "binary-stress"}
DEFAULT_CLASS_NAMES = {
    "affect3-class": ("Low", "Medium", "High"),
    "binary-stress": ("NoStress", "Stress"),
}


@dataclass(frozen=True)
class DatasetConfig:
    """Which recordings are used, and how their subjects are divided."""

    label: str = "affect3"  # a key of LABEL_COLUMNS
    class_names: tuple[str, ...] = ()  # empty: DEFAULT_CLASS_NAMES of the label
    teacher_recordings: str = "complete"  # "all": the teacher also learns from recordings without audio
    val_share: float = 8 / 52  # the specification's 36 / 8 / 8 of 52 subjects
    test_share: float = 8 / 52
    split_restarts: int = 50  # random starts of the search for the most balanced assignment

    def __post_init__(self):
        if self.label not in LABEL_COLUMNS:
            raise StressIDError(f"label is {self.label!r}; expected one of {', '.join(LABEL_COLUMNS)}.")
        if self.teacher_recordings not in ("complete", "all"):
            raise StressIDError(
                f"teacher_recordings is {self.teacher_recordings!r}; expected 'complete' or 'all'."
            )
        expected = len(DEFAULT_CLASS_NAMES[self.label_column])
        if self.class_names and len(self.class_names) != expected:
            raise StressIDError(
                f"{len(self.class_names)} class names were given; {self.label_column} has {expected} classes."
            )
        if "" in self.class_names or len(set(self.class_names)) < len(self.class_names):
            raise StressIDError(f"class_names is {self.class_names}; expected names that differ.")
        for name in ("val_share", "test_share"):
            if not 0 < getattr(self, name) < 1:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected a share between 0 and 1.")

    @property
    def label_column(self) -> str:
        return LABEL_COLUMNS[self.label]

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of the label's integers."""
        return tuple(self.class_names) or DEFAULT_CLASS_NAMES[self.label_column]


@dataclass(frozen=True)
class AudioConfig:
    """Log-mel spectrogram; the original implementation's constants."""

    sample_rate: int = 16_000  # Hz
    n_fft: int = 1024  # samples
    hop_length: int = 512  # samples: 31.25 frames a second
    n_mels: int = 128
    top_db: float = 80.0  # dB below the window's loudest point that are kept

    def __post_init__(self):
        if self.hop_length < 1 or self.n_fft % self.hop_length:
            raise StressIDError(
                f"n_fft is {self.n_fft} and hop_length {self.hop_length}; expected n_fft to be a multiple of it, "
                "because the exported model cuts its frames into hops."
            )


@dataclass(frozen=True)
class GafConfig:
    """Gramian angular fields of the physiological signals.

    Sizes are pixels per side for a full window; a shorter window gives a proportionally smaller image, so a
    pixel always spans the same time. One pixel per second of the ECG itself, as in the original, loses every
    heartbeat; its heart rate keeps them, at about a pixel a beat.
    """

    ecg_size: int = 64  # a pixel a second; of the signal itself 256 are wanted (4.3 Hz, for up to 128 bpm)
    eda_size: int = 64  # 1.1 Hz: skin conductance responses last seconds
    rr_size: int = 64  # 1.1 Hz: resting and stressed breathing stays below 0.5 Hz
    ecg_series: str = "heart_rate"  # or "signal"
    levels: str = "person"  # scaled over all recordings of the person, or each "window" by itself
    method: str = "summation"  # or "difference"

    def __post_init__(self):
        if self.method not in ("summation", "difference"):
            raise StressIDError(f"GAF method is {self.method!r}; expected 'summation' or 'difference'.")
        if self.ecg_series not in ("heart_rate", "signal"):
            raise StressIDError(f"ecg_series is {self.ecg_series!r}; expected 'heart_rate' or 'signal'.")
        if self.levels not in ("person", "window"):
            raise StressIDError(f"GAF levels is {self.levels!r}; expected 'person' or 'window'.")

    def size(self, modality: str) -> int:
        return getattr(self, f"{modality}_size")


@dataclass(frozen=True)
class VideoConfig:
    frames: int = 16
    max_side: int = 112  # pixels, as C3D and R(2+1)D take; aspect ratio is kept, nothing is enlarged


@dataclass(frozen=True)
class QualityConfig:
    """What makes a modality of a window unusable, and how its faults are measured."""

    max_missing_share: float = 0.05  # of NaN samples in a signal; fewer are interpolated
    max_flat_share: float = 0.9  # of a signal; a loose electrode for some seconds leaves the rest usable
    max_silent_share: float = 0.98  # of a waveform; pauses belong to speech
    max_clipped_share: float = 0.5  # of a waveform's samples; loud speech clips for moments
    max_dropped_share: float = 0.5  # of a video's frames
    flat_seconds: float = (
        1.0  # a signal that does not move for so long is flat; converters repeat values for less
    )
    clip_peak: float = 0.999  # full scale is 1; from here on a sample is clipped
    min_seconds: float = 1.0  # of any modality
    silence_peak: float = 1e-4  # full scale is 1; below it a waveform is silent (-80 dBFS)
    signal_rate: float = 500.0  # Hz, of the physiological text files


@dataclass(frozen=True)
class PreparationConfig:
    window_seconds: float = 60.0
    hop_seconds: float = 60.0
    audio: AudioConfig = field(default_factory=AudioConfig)
    gaf: GafConfig = field(default_factory=GafConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)

    def __post_init__(self):
        if self.window_seconds <= 0 or self.hop_seconds <= 0:
            raise StressIDError("window_seconds and hop_seconds must be positive.")


@dataclass(frozen=True)
class AugmentationConfig:
    """Random changes of training samples; validation and test samples are never changed."""

    enabled: bool = True
    time_masks: int = 2  # SpecAugment, on the log-mel
    time_mask_share: float = 0.1  # of the window, the longest a mask gets
    frequency_masks: int = 2
    frequency_mask_bands: int = 16  # of 128, the widest a mask gets
    gaf_crop: float = 0.6  # of the window, the shortest span of a signal that is kept
    gaf_scale: float = 0.0  # per field, intensity × (1 ± this), such as 0.05; off: not compared yet
    gaf_shift: float = 0.0  # per field, intensity ± this, of the range [-1, 1]; as above
    frame_jitter: int = 1  # frames that each of the 16 may be off, kept in order
    flip: bool = True  # left and right of a video, half the time
    colour_scale: float = 0.3  # per video and channel, contrast 1 ± this
    colour_shift: float = 0.2  # per video and channel, brightness ± this


@dataclass(frozen=True)
class PipelineConfig:
    batch_size: int = 8
    loader: str = "tf.data"  # or "numpy": the same batches without TensorFlow
    cache: str = ""  # "": read from the prepared arrays; "memory"; or where a local copy of them goes
    pad_to: str = "batch"  # its largest sample; "largest" of all: JAX compiles every new shape anew
    bucket_batches: int = 8  # sorted by length together: little padding, still chance in a batch; 1: off
    workers: int = 2  # threads; fixed, for tf.data's autotune idles for seconds on a busy machine
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def __post_init__(self):
        for name in ("batch_size", "bucket_batches", "workers"):
            if getattr(self, name) < 1:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        if self.loader not in ("tf.data", "numpy"):
            raise StressIDError(f"loader is {self.loader!r}; expected 'tf.data' or 'numpy'.")
        if self.pad_to not in ("batch", "largest"):
            raise StressIDError(f"pad_to is {self.pad_to!r}; expected 'batch' or 'largest'.")


@dataclass(frozen=True)
class TeacherConfig:
    video_filters: tuple[int, ...] = (16, 32, 64, 128)
    signal_filters: tuple[int, ...] = (16, 32, 64, 128)
    feature_size: int = 256
    dropout: float = 0.3  # on the concatenated features, before the classifier
    modality_dropout: float = 0.2  # share of samples whose feature of a modality the classifier does not see
    video_backbone: str = "cnn3d"  # the specification's; or "r2plus1d"
    signal_backbone: str = "cnn"  # the specification's; or "residual"

    def __post_init__(self):
        choices = {"video_backbone": ("cnn3d", "r2plus1d"), "signal_backbone": ("cnn", "residual")}
        for name, expected in choices.items():
            if getattr(self, name) not in expected:
                raise StressIDError(
                    f"{name} is {getattr(self, name)!r}; expected {' or '.join(map(repr, expected))}."
                )


@dataclass(frozen=True)
class StudentConfig:
    filters: tuple[int, ...] = (16, 32, 64, 128)
    feature_size: int = 256
    dropout: float = 0.3  # on the feature, before the classifier
    backbone: str = (
        "cnn"  # the specification's; or "separable", a tenth of the convolutions' weights, for phones
    )
    width: float = 1.0  # times the filters of every block; the feature keeps the teacher's size

    def __post_init__(self):
        if self.backbone not in ("cnn", "separable"):
            raise StressIDError(f"backbone is {self.backbone!r}; expected 'cnn' or 'separable'.")
        if not 0 < self.width < math.inf:
            raise StressIDError(f"width is {self.width}; expected a positive number.")

    @property
    def widened_filters(self) -> tuple[int, ...]:
        """Channels of each block, at least one."""
        return tuple(max(1, round(self.width * channels)) for channels in self.filters)


@dataclass(frozen=True)
class ExportOptions:
    """The files that an export writes, and the window that they take."""

    seconds: float = (
        10.0  # of the deployed model's window, where training windows are longer: a device waits for it
    )
    calibration: str = ""  # a prepared folder whose windows set the int8 ranges; "": the training part's
    variants: tuple[str, ...] = EXPORT_VARIANTS

    def __post_init__(self):
        if not 1 <= self.seconds < math.inf:
            raise StressIDError(f"seconds is {self.seconds}; expected a window of at least 1 s.")
        if not self.variants or len(set(self.variants)) < len(self.variants):
            raise StressIDError(f"variants is {self.variants}; expected names that differ, at least one.")
        for name in self.variants:
            if name in FULL_INT8:
                raise StressIDError(
                    f"variant {name!r} would quantise the log-mel front end, which changes about half of the "
                    "predictions; expected 'int8', which keeps the front end in float."
                )
            if name not in EXPORT_VARIANTS:
                raise StressIDError(
                    f"variant {name!r} is unknown; expected some of {', '.join(EXPORT_VARIANTS)}."
                )


@dataclass(frozen=True)
class TrainingConfig:
    """How a network is fitted; the same for teacher, control and student unless the run says otherwise."""

    epochs: int = 30  # the original's 50 were at a constant rate
    patience: int = 15  # epochs without as good a validation score before training stops; the best come late
    learning_rate: float = 1e-3  # at the start; it falls along a cosine to zero at the last epoch
    weight_decay: float = 1e-4
    class_weights: bool = True  # inverse frequency in the training part
    label_smoothing: float = 0.0
    tensorboard: bool = False  # event files beside the history

    def __post_init__(self):
        for name in ("epochs", "patience"):
            if getattr(self, name) < 1:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        if not 0 < self.learning_rate < math.inf:
            raise StressIDError(f"learning_rate is {self.learning_rate}; expected a positive number.")


@dataclass(frozen=True)
class DistillationConfig:
    """The student's loss: the specification's α, β, γ and δ, and what else the literature found to help.

    `distillation.methods` names the combinations and their papers; a weight of 0 leaves a term out.
    """

    alpha: float = 1.0  # video
    beta: float = 1.0  # ECG
    gamma: float = 1.0  # EDA
    delta: float = 1.0  # respiration
    features_first: bool = False  # first the features alone, then the classifier alone
    features_first_share: float = 0.7  # of the epochs, for the features; a linear classifier is learnt soon
    projection: str = ""  # between the student's feature and each of the teacher's: "", "linear" or "hidden"
    logits: float = 0.0  # weight of the soft targets
    imitation: float = 0.0  # share that the teacher's soft labels take from the labels
    temperature: float = (
        1.0  # of the teacher's probabilities, which labels as noisy as self-reports leave soft
    )
    relational: float = 0.0  # weight of the distances and angles between a batch's features
    contrastive: float = 0.0  # weight of telling a sample's teacher feature from the batch's others
    contrastive_temperature: float = 0.1  # of the similarities of features
    compared_features: tuple[
        str, ...
    ] = ()  # by relational and contrastive; empty: those of α to δ, or all four
    confidence: bool = False  # a sample's terms count as much as the teacher's probability of its label
    standardised: bool = False  # the teacher's features, by mean and standard deviation of the training part
    schedule: str = "constant"  # of all these weights: or "warm-up" from 0, or "decay" to 0
    schedule_share: float = 0.5  # of the epochs that a schedule takes
    feature_dtype: str = "float32"  # of stored features; "float16" halves the file
    feature_views: int = 0  # augmented views of a sample whose features are stored, besides the plain one

    def __post_init__(self):
        for name in ("alpha", "beta", "gamma", "delta", "logits", "relational", "contrastive"):
            if not 0 <= getattr(self, name) < math.inf:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected 0 or more.")
        if not 0 <= self.imitation <= 1:
            raise StressIDError(f"imitation is {self.imitation}; expected a share from 0 to 1.")
        for name in ("temperature", "contrastive_temperature"):
            if not 0 < getattr(self, name) < math.inf:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected a positive number.")
        if not 0 < self.features_first_share < 1:
            raise StressIDError(
                f"features_first_share is {self.features_first_share}; expected a share between 0 and 1."
            )
        if not 0 < self.schedule_share <= 1:
            raise StressIDError(
                f"schedule_share is {self.schedule_share}; expected a share above 0, at most 1."
            )
        choices = {
            "projection": ("", "linear", "hidden"),
            "schedule": ("constant", "warm-up", "decay"),
            "feature_dtype": ("float32", "float16"),
        }
        for name, expected in choices.items():
            if getattr(self, name) not in expected:
                raise StressIDError(
                    f"{name} is {getattr(self, name)!r}; expected one of {', '.join(map(repr, expected))}."
                )
        if unknown := [name for name in self.compared_features if name not in PRIVILEGED]:
            raise StressIDError(
                f"compared_features has {unknown[0]!r}; expected some of {', '.join(PRIVILEGED)}."
            )
        if self.feature_views < 0:
            raise StressIDError(f"feature_views is {self.feature_views}; expected 0 or more.")

    @property
    def weights(self) -> dict[str, float]:
        """The weights by the modality whose feature they pull towards."""
        return {"video": self.alpha, "ecg": self.beta, "eda": self.gamma, "rr": self.delta}

    @property
    def compared(self) -> tuple[str, ...]:
        """The modalities whose features relational and contrastive compare."""
        weighed = tuple(name for name, weight in self.weights.items() if weight)
        return self.compared_features or weighed or tuple(self.weights)


@dataclass(frozen=True)
class RobustnessConfig:
    """What a student's audio is put through when it is scored, each corruption's levels from mild to severe.

    An empty tuple leaves a corruption out. Chance (noise, who babbles, impulse responses) comes from the run's seed,
    the recording, the window, the corruption and the level alone: the same whatever else is corrupted, in any order.
    """

    white_noise: tuple[float, ...] = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB, speech over noise
    babble: tuple[float, ...] = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB, speech over the sum of the voices
    reverberation: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6)  # s of RT60: living room, office, hall, church
    telephone: tuple[float, ...] = (1.0,)  # 1: narrow-band telephony has no degrees
    clipping: tuple[float, ...] = (1.0, 5.0, 10.0, 20.0)  # % of the samples
    gain_down: tuple[float, ...] = (-10.0, -20.0, -30.0, -40.0)  # dB, before 16 bits
    gain_up: tuple[float, ...] = (5.0, 10.0, 15.0, 20.0)  # dB, into a recorder that clips
    mp3: tuple[float, ...] = (48.0, 24.0, 16.0, 8.0)  # kbit/s: from nearly transparent to the least there is
    shorter: tuple[float, ...] = (30.0, 10.0, 5.0, 2.0, 1.0)  # s, from the middle of the window
    n_voices: int = 6  # of the babble; more are no harder to hear through (Simpson and Cooke 2005)
    direct_to_reverberant: float = 0.0  # dB, direct sound over reverberation: as at the critical distance
    batch_size: int = 8

    def __post_init__(self):
        limits = {
            "reverberation": (0, math.inf),
            "telephone": (0, math.inf),
            "clipping": (0, 100),
            "gain_down": (-math.inf, 0),
            "gain_up": (0, math.inf),
            "mp3": (0, math.inf),
            "shorter": (0, math.inf),
        }
        for name in ("white_noise", "babble", *limits):
            low, high = limits.get(name, (-math.inf, math.inf))
            for level in getattr(self, name):
                if not low < level < high:
                    raise StressIDError(
                        f"a level of {name} is {level}; expected a number above {low:g} and below {high:g}."
                    )
        for name in ("n_voices", "batch_size"):
            if getattr(self, name) < 1:
                raise StressIDError(f"{name} is {getattr(self, name)}; expected 1 or more.")


@dataclass(frozen=True)
class InspectionConfig:
    """Into how many pieces a window is cut that are hidden one by one from the student."""

    time_patches: int = 20  # 3 s of a 60-second window: a phrase
    band_patches: int = 8  # 16 of 128 mel bands; a window then takes 160 predictions
    bands: int = 16  # 8 of 128 mel bands, each hidden in the whole window
    batch_size: int = 16

    def __post_init__(self):
        for name, value in dataclasses.asdict(self).items():
            if value < 1:
                raise StressIDError(f"{name} is {value}; expected 1 or more.")


@dataclass(frozen=True)
class RunConfig:
    seed: int = 0
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    pipeline: PipelineConfig = field(default_factory=PipelineConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    teacher_training: TrainingConfig = field(default_factory=TrainingConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    student_training: TrainingConfig = field(default_factory=TrainingConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    robustness: RobustnessConfig = field(default_factory=RobustnessConfig)
    inspection: InspectionConfig = field(default_factory=InspectionConfig)

    def __post_init__(self):
        if self.seed < 0:
            raise StressIDError(f"seed is {self.seed}; expected 0 or more.")
        if self.teacher.feature_size != self.student.feature_size and not self.distillation.projection:
            raise StressIDError(
                f"feature_size is {self.teacher.feature_size} for the teacher and {self.student.feature_size} for "
                "the student; expected the same, for the one is pulled towards the other, or a projection."
            )

    def to_dict(self) -> dict:
        return to_dict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "RunConfig":
        return from_dict(cls, values)


def to_dict(config) -> dict:
    """A configuration as plain JSON types."""
    return _plain(dataclasses.asdict(config))


def from_dict(cls, values: dict, where: str = "configuration"):
    """Build a configuration dataclass from plain JSON types.

    Raises:
        StressIDError: a name in `values` is not an option of `cls`.
    """
    if not isinstance(values, dict):
        raise StressIDError(f"{where} is {values!r}; expected a table of options.")
    types = typing.get_type_hints(cls)
    unknown = sorted(set(values) - set(types))
    if unknown:
        raise StressIDError(
            f"{where} has no option {unknown[0]!r}; expected some of {', '.join(sorted(types))}."
        )
    arguments = {name: _typed(types[name], value, f"{where}.{name}") for name, value in values.items()}
    return cls(**arguments)


def _typed(expected, value, where: str):
    """A JSON value as the type that the dataclass declares."""
    if dataclasses.is_dataclass(expected):
        return from_dict(expected, value, where)
    if typing.get_origin(expected) is tuple:
        if not isinstance(value, list | tuple):
            raise StressIDError(f"{where} is {value!r}; expected a list.")
        return tuple(_typed(typing.get_args(expected)[0], item, where) for item in value)
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:
        raise StressIDError(f"{where} is {value!r}; expected {expected.__name__}.")
    return value


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value
