"""Stress recognition from speech: an audio-only student distilled from video and physiology.

Importing this package loads neither Keras nor a backend; names are loaded when they are first used, and `StudentRunner`
needs neither: what it needs is what `pip install .` brings, and the extra `train` the rest. Once Keras is
imported, before or after, this package's layers are registered with it, so that `keras.models.load_model`
reads a teacher or student with no custom objects passed by hand.
"""

import importlib

import wrapt

__version__ = (
    "0.2.0"  # the home of the number: setup.cfg reads it, CITATION.cff and CHANGELOG.md are held against it
)

_PUBLIC = {
    "BalancedAccuracy": "stressid_keras.training.balanced_accuracy",
    "Classifier": "stressid_keras.training.classifier",
    "DatasetConfig": "stressid_keras.config",
    "Distiller": "stressid_keras.distillation",
    "LogMel": "stressid_keras.layers",
    "Prediction": "stressid_keras.runtime.stream",
    "PreparedBatches": "stressid_keras.batches.py_dataset",
    "PreparedStore": "stressid_keras.store.store",
    "Run": "stressid_keras.workflow",
    "RunConfig": "stressid_keras.config",
    "Stream": "stressid_keras.runtime.stream",
    "StressIDError": "stressid_keras.errors",
    "StudentRunner": "stressid_keras.runtime.runner",
    "SubjectSplit": "stressid_keras.dataset",
    "SyntheticConfig": "stressid_keras.dataset",
    "Window": "stressid_keras.runtime.stream",
    "build_student": "stressid_keras.models",
    "build_teacher": "stressid_keras.models",
    "index_dataset": "stressid_keras.dataset",
    "make_dataset": "stressid_keras.batches.tf_data",
    "make_synthetic_tree": "stressid_keras.dataset",
    "prepare_dataset": "stressid_keras.preprocessing",
    "split_subjects": "stressid_keras.dataset",
    "subject_folds": "stressid_keras.dataset",
}
__all__ = sorted(_PUBLIC)
_OF_KERAS = ("layers", "models", "training", "distillation")  # rooms whose modules begin with Keras


def __getattr__(name: str):
    if name in _PUBLIC:
        try:
            if _PUBLIC[name].split(".")[1] in _OF_KERAS:
                importlib.import_module(
                    "keras"
                )  # first: its hook reads these very modules, which must not be half read
            return getattr(importlib.import_module(_PUBLIC[name]), name)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith(__name__):
                raise
            raise ModuleNotFoundError(
                f'{name} needs {error.name}, which is not installed; pip install -e ".[train]" brings it.',
                name=error.name,
            ) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*__all__, "__version__"]


def _register_keras_objects(keras):
    for module in ("layers", "models.backbones", "distillation"):
        importlib.import_module(f"stressid_keras.{module}")


wrapt.register_post_import_hook(_register_keras_objects, "keras")
