"""Stored features, and the state of a training that was interrupted."""

import json

import numpy as np

from stressid_keras.analysis.baselines.stored import load_features
from stressid_keras.distillation import load_teacher_features
from stressid_keras.store.store import PreparedStore

from .reader import Original, Reader, put
from .records import OUTDATED
from .small_training import batches, resume_of, small_model
from .stores import DAMAGES, equal
from .verdicts import SAME, Verdict, tried, wrong


class BaselineFeatures(Reader):
    """`baselines.load_features`."""

    def find_originals(self):
        return [Original(self.corpus / "features" / "baseline_features.csv", DAMAGES[".csv"])]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.store = PreparedStore.open(corpus / "features")
        self.expected = load_features(self.store)
        self.store.path = sandbox

    def judge(self, original, content):
        put(self.sandbox / "baseline_features.csv", content)
        return tried(
            lambda: load_features(self.store),
            lambda found: SAME if found.equals(self.expected) else wrong("other features"),
        )


class TeacherFeatures(Reader):
    """`load_teacher_features`."""

    def find_originals(self):
        return [Original(self.corpus / "run" / "teacher_features.npz", DAMAGES[".npz"])]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = self._read(self.originals[0].path)

    def judge(self, original, content):
        path = put(self.sandbox / "teacher_features.npz", content)
        return tried(lambda: self._read(path), self._judge)

    def _read(self, path):
        return load_teacher_features(path, "key", [4, 0, 2])

    def _judge(self, found) -> Verdict:
        if set(found) != set(self.expected):
            return wrong("features of other names")
        same = all(np.array_equal(found[name], values) for name, values in self.expected.items())
        return SAME if same else wrong("other features")


class ResumedTrainings(Reader):
    """`Resume`: an interrupted training goes on from what was written, or from the beginning."""

    def find_originals(self):
        return [Original(self.corpus / "run" / "student.resume.npz", DAMAGES[".npz"])]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.model = small_model()
        self.expected = self._read(self.originals[0].path)
        if self.expected is None:
            raise AssertionError("the state that was written is not found")

    def judge(self, original, content):
        path = put(self.sandbox / "student.resume.npz", content)
        return tried(lambda: self._read(path), self._judge)

    def _read(self, path):
        """Epochs, weights, the epoch that is kept and history after a resumption; None if there is none."""
        resume = resume_of(path, self.sandbox)
        epochs = resume.epochs_done()
        if not epochs:
            return None
        resume.restore(self.model, batches())
        variables = [np.asarray(v) for v in (*self.model.variables, *self.model.optimizer.variables)]
        kept, weights = resume.kept.state()
        return [epochs, variables, weights, json.dumps([kept, resume.history.rows], sort_keys=True)]

    def _judge(self, found) -> Verdict:
        if found is None:
            return OUTDATED
        return SAME if equal(found, self.expected) else wrong("another state")
