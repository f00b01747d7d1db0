"""Readers with every kind of fault, to see whether faults are found."""

import os
import time

import numpy as np

from stressid_keras.errors import StressIDError

from .damage import flip_bits
from .reader import Original, Reader
from .verdicts import SAME, tried, wrong


class _Planted(Reader):
    def find_originals(self):
        return [Original(path, (flip_bits,)) for path in sorted(self.corpus.iterdir())]

    def judge(self, original, content):
        return tried(self.read, lambda found: SAME if found == 1 else wrong("another number"))


class Hang(_Planted):
    def read(self):
        end = time.monotonic() + 600
        while time.monotonic() < end:
            pass


class Crash(_Planted):
    def read(self):
        os.abort()


class Burst(_Planted):
    def read(self):
        return int(np.ones(3 << 26).sum() > 0)  # 1.5 GiB


class Claim(_Planted):
    def read(self):
        return int(np.empty(1 << 36).size > 0)  # 512 GiB, of which nothing is touched


class Exception_(_Planted):
    def read(self):
        return {}["a"]


class Number(_Planted):
    def read(self):
        return 2


class Sentence(_Planted):
    def read(self):
        error = StressIDError()
        error.args = ("two\nlines",)
        raise error


class Refusal(_Planted):
    def read(self):
        raise StressIDError("x.wav is empty; expected a recording.")
