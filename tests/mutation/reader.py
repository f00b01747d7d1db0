"""A reader under test: the sound files that it is given, the ways to damage them, and what it may return."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from .damage import Damage, damaged
from .verdicts import Verdict


class Original(NamedTuple):
    path: Path
    damages: tuple[Damage, ...]
    name: str = ""  # in reports; none: the file's


class Reader:
    """One of the package's readers.

    Args:
        corpus: the folder that `build_corpus` filled.
        sandbox: an empty folder of this process.
    """

    def __init__(self, corpus: Path, sandbox: Path):
        self.corpus, self.sandbox = corpus, sandbox
        self.originals = self.find_originals()

    def find_originals(self) -> list[Original]:
        raise NotImplementedError

    def judge(self, original: Original, content: bytes | None) -> Verdict:
        """What becomes of `content` in the place of `original`; None: the file is not there."""
        raise NotImplementedError

    def input(self, seed: int, number: int) -> tuple[Original, bytes | None]:
        """The damaged input of a number: the same for the same seed."""
        rng = np.random.default_rng([seed, number, *type(self).__name__.encode()])
        original = self.originals[int(rng.integers(len(self.originals)))]
        return original, damaged(original.path.read_bytes(), original.damages, rng)


def put(path: Path, content: bytes | None) -> Path:
    """Write a damaged input, or take the file away."""
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path
