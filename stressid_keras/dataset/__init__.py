"""What is on disk before us: layout, labels, splits by subject, and a synthetic tree."""

from stressid_keras.dataset.index import DatasetIndex, index_dataset
from stressid_keras.dataset.recording import Recording
from stressid_keras.dataset.splits import SubjectSplit, split_subjects, subject_folds
from stressid_keras.dataset.synthetic.tree import SyntheticConfig, is_synthetic_tree, make_synthetic_tree

__all__ = [
    "DatasetIndex",
    "Recording",
    "SubjectSplit",
    "SyntheticConfig",
    "index_dataset",
    "is_synthetic_tree",
    "make_synthetic_tree",
    "split_subjects",
    "subject_folds",
]
