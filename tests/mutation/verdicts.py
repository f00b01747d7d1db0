"""What became of one damaged input: refused with a sentence, read rightly, or a fault with its place."""

import traceback
from collections.abc import Callable
from typing import NamedTuple

from stressid_keras.errors import LONGEST, StressIDError

GOOD = ("refused", "same", "right")
FAULTS = ("exception", "wrong", "burst", "hang", "crash", "broken")  # broken: the judge


class Verdict(NamedTuple):
    """`kind` is one of GOOD or FAULTS; equal faults have equal `detail`s, as far as that can be said."""

    kind: str
    detail: str = ""

    @property
    def is_fault(self) -> bool:
        return self.kind in FAULTS


SAME = Verdict("same")  # as the file that is not damaged
RIGHT = Verdict("right")  # something else, which is what the damaged bytes say


def wrong(detail: str) -> Verdict:
    return Verdict("wrong", detail)


def tried(read: Callable[[], object], judge: Callable[[object], Verdict]) -> Verdict:
    """Read; judge what is read; an error is a refusal if it is one of ours and a sentence."""
    try:
        value = read()
    except StressIDError as error:
        return _refusal(str(error))
    except MemoryError as error:
        return Verdict("burst", f"MemoryError {_place(error)}")
    except Exception as error:
        return Verdict("exception", f"{type(error).__name__} {_place(error)}: {str(error)[:80]}")
    return judge(value)


def refusal_reason(reason: str) -> Verdict:
    """Of a reason in `failures.csv`: an exception that was caught there is a fault all the same."""
    return Verdict("exception", reason[:160]) if reason.startswith("unexpected ") else _refusal(reason)


def _refusal(sentence: str) -> Verdict:
    if not sentence.strip() or len(sentence) > LONGEST:
        return wrong(f"a sentence of {len(sentence)} characters")
    if any(mark in sentence for mark in "\n\r\x00\u2028\x85\x0b\x0c\x1b"):
        return wrong(f"a sentence with a line break or a control character: {sentence[:60]!r}")
    try:
        sentence.encode()
    except UnicodeEncodeError:
        return wrong("a sentence that cannot be printed")
    return Verdict("refused", sentence)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "stressid_keras" in frame.filename] or frames
    return f"in {ours[-1].filename.rpartition('/')[2]}:{ours[-1].name}" if ours else ""
