"""The windows of a split's parts: their rows in the manifest, labels, recordings, and batches of them."""

import numpy as np
import scipy.special

from stressid_keras.config import PipelineConfig, StudentConfig
from stressid_keras.errors import StressIDError
from stressid_keras.media.speech.settings import SPEECH
from stressid_keras.modalities import MODALITIES, RECORDS, SOUND, TEACHABLE, measures_input
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import encode_speech, measure_windows, prepare, read_index, split_people


def student_hears(config: StudentConfig) -> tuple[str, ...]:
    """What a student's batches hold."""
    return (SPEECH,) if config.hears_speech else ("audio",)


def part_rows(context: RunContext, part: str) -> np.ndarray:
    """Rows of the manifest that a part of the split holds; only complete windows."""
    return _rows(context, split_people(context).parts[part], prepare(context).complete)


def rows_of_parts(context: RunContext) -> dict[str, np.ndarray]:
    """Rows of the manifest by part, as `part_rows`, of the parts that have any: folds may validate on nobody."""
    found = {part: part_rows(context, part) for part in split_people(context).parts}
    return {part: rows for part, rows in found.items() if len(rows)}


def teacher_rows(context: RunContext, part: str) -> np.ndarray:
    """Rows that the teacher learns from or is validated on: as the student, or also those without audio."""
    dataset = context.config.dataset
    if dataset.teacher_recordings == "complete" or dataset.teacher_hears:
        return part_rows(context, part)
    split = split_people(context)
    extra = split.extra_train if part == "train" else ()
    return _rows(context, (*split.parts[part], *extra), prepare(context).privileged)


def places(context: RunContext, rows) -> np.ndarray:
    """Where rows of the manifest stand among those of complete windows, which baseline features are of."""
    complete = np.flatnonzero(prepare(context).complete)
    return np.searchsorted(complete, np.asarray(rows, int))


def labels(context: RunContext, rows) -> np.ndarray:
    return prepare(context).manifest["label"].to_numpy()[rows]


def recordings(context: RunContext, rows) -> list:
    wanted = set(prepare(context).manifest["recording"].iloc[rows])
    return [recording for recording in read_index(context).recordings if recording.name in wanted]


def batches(
    context: RunContext, rows, modalities, *, training=False, teacher_features=None, epoch=None, view=0
):
    """Batches of `(x, y)`, a `tf.data.Dataset` or `PreparedBatches`; arguments as for `make_dataset`.

    Args:
        modalities: what a batch holds; besides what is stored, see `vectors`.

    Raises:
        StressIDError: tf.data is asked for and TensorFlow is not installed.
    """
    config = context.config
    return _loader(config.pipeline)(
        prepare(context),
        rows,
        stored(modalities),
        config.pipeline,
        training=training,
        seed=config.seed,
        teacher_features=teacher_features,
        epoch=epoch,
        view=view,
        vectors=vectors(context, rows, modalities),
    )


def stored(modalities) -> tuple[str, ...]:
    """Of what a batch holds, the modalities that are in the store."""
    return tuple(name for name in modalities if name in MODALITIES)


def vectors(context: RunContext, rows, names) -> dict[str, np.ndarray]:
    """Of what a batch holds, what is computed from the recordings a window at a time, (n, d) by name: `SPEECH`, the
    statistics of `encode_speech`, and `<modality>_measures`."""
    found = {SPEECH: spoken_statistics(context, rows)} if SPEECH in names else {}
    if any(measures_input(modality) in names for modality in TEACHABLE):
        measures = teacher_measures(context)
        found |= {measures_input(name): values[rows] for name, values in measures.items()}
    return {name: values for name, values in found.items() if name in names}


def inputs_of(network) -> list[str]:
    """What a batch is to hold for a trained network; the sizes come along."""
    return [name for name in network.input if not name.endswith("_size")]


def network_outputs(context: RunContext, network, rows) -> dict[str, np.ndarray]:
    """All that a network gives for rows of the manifest, by name."""
    return network.predict(batches(context, rows, inputs_of(network)), verbose=0)


def class_probabilities(logits: np.ndarray) -> np.ndarray:
    return scipy.special.softmax(logits.astype(np.float64), axis=1)


def predictions_of(context: RunContext, model: str, part: str, rows, logits: np.ndarray):
    """What a model's logits say of rows of the manifest, as `predictions_table` has it."""
    from stressid_keras.evaluation import predictions_table

    store = prepare(context)
    return predictions_table(
        model, part, store.manifest.iloc[rows], class_probabilities(logits), store.class_names
    )


def teacher_sees(context: RunContext) -> tuple[str, ...]:
    """What a teacher's batches hold: those of its modalities that it looks at, and the measures of all."""
    modalities = context.config.dataset.teacher_modalities
    measured = modalities if context.config.teacher.takes_measures else ()
    return (*(name for name in modalities if RECORDS[name].encoder), *map(measures_input, measured))


def teacher_measures(context: RunContext) -> dict[str, np.ndarray]:
    """The measures that the configuration's teacher takes, by modality, of all rows of the manifest (n, d).

    With "person", they are followed by the same minus their mean over all windows of the person, whatever these are
    labelled: what is usual for a person is nothing that a stranger's recording tells.
    """
    from stressid_keras.preprocessing.measures import relative_to_person

    config, found = context.config, {}
    if not config.teacher.takes_measures:
        return found
    subjects = prepare(context).manifest["subject"]
    for name, values in measured(context).items():
        found[name] = values
        if config.teacher.measures == "person":
            found[name] = np.concatenate([values, relative_to_person(values, subjects)], axis=1)
    return found


def measured(context: RunContext) -> dict[str, np.ndarray]:
    """Measures by modality of the teacher, (rows of the manifest, d); of audio, the speech encoder's statistics."""
    names = context.config.dataset.teacher_modalities
    return {
        name: encode_speech(context) if RECORDS[name].media == SOUND else measure_windows(context)[name]
        for name in names
    }


def measured_names(context: RunContext) -> dict[str, list[str]]:
    """Of the columns of `measured`."""
    from stressid_keras.preprocessing.measures import column_names

    names, video_measures = context.config.dataset.teacher_modalities, context.config.teacher.video_measures
    return {name: column_names(name, video_measures) for name in names}


def measured_key(context: RunContext) -> str:
    """What `measured` depends on."""
    from stressid_keras.preprocessing.measures import measures_key
    from stressid_keras.preprocessing.speech_statistics import statistics_key

    store = prepare(context)
    key = measures_key(store, context.config.teacher.video_measures)
    return fingerprint(key, statistics_key(store)) if context.config.dataset.teacher_hears else key


def compute_for_all(context: RunContext) -> None:
    """What folds and trials of a configuration have in common: once, with a bar on the screen, before the first of them
    does it while the others wait."""
    config = context.config
    if config.student.hears_speech:
        encode_speech(context)
    if config.teacher.takes_measures or config.distillation.takes_measures:
        measured(context)


def spoken_statistics(context: RunContext, rows) -> np.ndarray:
    """The speech encoder's statistics of some rows, (n, 1024).

    Raises:
        StressIDError: the audio of one came as an image.
    """
    from stressid_keras.preprocessing.speech_statistics import statistics_of

    return statistics_of(rows, encode_speech(context), prepare(context))


def heard_summaries(context: RunContext, rows) -> np.ndarray:
    """What a student hears of some rows as numbers of one length, (n, d): the speech encoder's statistics, or mean and
    deviation over time of each band of the log-mel."""
    if context.config.student.hears_speech:
        return spoken_statistics(context, rows)
    from stressid_keras.store.encoding import from_stored

    store = prepare(context)
    pictures = (from_stored(store.read(row, "audio"), "audio") for row in rows)
    return np.stack([np.concatenate([each.mean(axis=0), each.std(axis=0)]) for each in pictures])


def heard_key(context: RunContext) -> str:
    """What `heard_summaries` depends on."""
    from stressid_keras.preprocessing.speech_statistics import statistics_key

    store = prepare(context)
    return statistics_key(store) if context.config.student.hears_speech else store.windows_fingerprint


def _rows(context: RunContext, members, usable: np.ndarray) -> np.ndarray:
    unit = split_people(context).unit
    return np.flatnonzero(usable & prepare(context).manifest[unit].isin(members).to_numpy())


def _loader(config: PipelineConfig):
    """The configuration's loader; on the TensorFlow backend tf.data, for Keras fixes a PyDataset's shapes there, and
    on others NumPy for several devices, among which Keras divides no tf.data there."""
    import keras

    if (config.loader == "numpy" or config.distribution) and keras.backend.backend() != "tensorflow":
        from stressid_keras.batches.py_dataset import PreparedBatches

        return PreparedBatches
    try:
        from stressid_keras.batches.tf_data import make_dataset
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise StressIDError(
            "TensorFlow is not installed, which loads the batches by default; choose --loader numpy, or "
            "install it with pip install tensorflow."
        ) from None
    return make_dataset
