"""Tables that the evaluation reads: people, and predictions."""

import numpy as np

from stressid_keras.evaluation import read_predictions
from stressid_keras.evaluation.demographics import read_demographics

from .damage import BYTES
from .reader import Original, Reader, put
from .tables import plain_rows
from .text_damage import TEXT
from .verdicts import RIGHT, SAME, Verdict, tried, wrong


class People(Reader):
    """`read_demographics`."""

    def find_originals(self):
        return [Original(self.corpus / "people" / "demographics.csv", (*BYTES, *TEXT, *TEXT))]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = read_demographics(self.originals[0].path.parent)

    def judge(self, original, content):
        put(self.sandbox / "people" / "demographics.csv", content)
        return tried(
            lambda: read_demographics(self.sandbox / "people"), lambda found: self._judge(content, found)
        )

    def _judge(self, content, found) -> Verdict:
        if found is not None and found.equals(self.expected):
            return SAME
        rows = plain_rows(content)
        if found is None or rows is None:
            return wrong("people that plain Python cannot read")
        cells = [{cell.lower() for cell in row} for row in rows]
        for subject, group in zip(found["subject"], found["group"], strict=True):
            spelt = {"female": {"f", "female", "woman"}, "male": {"m", "male", "man"}}.get(group, {group})
            if group != "not stated" and not any(subject.lower() in row and row & spelt for row in cells):
                return wrong("a person whose row says something else")
        return RIGHT


class Predictions(Reader):
    """`read_predictions`: what is given out can be predictions."""

    def find_originals(self):
        return [Original(self.corpus / "people" / "predictions.csv", (*BYTES, *TEXT, *TEXT))]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = read_predictions(self.originals[0].path)

    def judge(self, original, content):
        path = put(self.sandbox / "predictions.csv", content)
        return tried(lambda: read_predictions(path), self._judge)

    def _judge(self, found) -> Verdict:
        if found.equals(self.expected):
            return SAME
        names = [name for name in found if name.startswith("p_")]
        values = found[names].to_numpy(float)
        if (
            not np.isfinite(values).all()
            or (values < 0).any()
            or np.abs(values.sum(axis=1) - 1).max(initial=0) > 1e-3
        ):
            return wrong("probabilities that are none")
        for column in ("label", "predicted"):
            if not found[column].between(0, len(names) - 1).all():
                return wrong(f"a {column} that is no class")
        return RIGHT
