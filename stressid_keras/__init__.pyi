# For type checkers alone, which do not see what is imported at its first use.

from stressid_keras.batches.py_dataset import PreparedBatches as PreparedBatches
from stressid_keras.batches.tf_data import make_dataset as make_dataset
from stressid_keras.config import DatasetConfig as DatasetConfig
from stressid_keras.config import RunConfig as RunConfig
from stressid_keras.dataset import SubjectSplit as SubjectSplit
from stressid_keras.dataset import SyntheticConfig as SyntheticConfig
from stressid_keras.dataset import index_dataset as index_dataset
from stressid_keras.dataset import make_synthetic_tree as make_synthetic_tree
from stressid_keras.dataset import split_subjects as split_subjects
from stressid_keras.dataset import subject_folds as subject_folds
from stressid_keras.distillation import Distiller as Distiller
from stressid_keras.errors import StressIDError as StressIDError
from stressid_keras.layers import LogMel as LogMel
from stressid_keras.models import build_student as build_student
from stressid_keras.models import build_teacher as build_teacher
from stressid_keras.preprocessing import prepare_dataset as prepare_dataset
from stressid_keras.runtime.runner import StudentRunner as StudentRunner
from stressid_keras.runtime.stream import Prediction as Prediction
from stressid_keras.runtime.stream import Stream as Stream
from stressid_keras.runtime.stream import Window as Window
from stressid_keras.store.store import PreparedStore as PreparedStore
from stressid_keras.training.balanced_accuracy import BalancedAccuracy as BalancedAccuracy
from stressid_keras.training.classifier import Classifier as Classifier
from stressid_keras.workflow import Run as Run

__version__: str
