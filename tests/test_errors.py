"""An error is one sentence in one line, whatever a damaged file put into it."""

import pytest

from stressid_keras.errors import LONGEST, RecordingError, StressIDError


@pytest.mark.parametrize("mark", ["\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\u2029", "\x1b"])
def test_a_sentence_stays_in_one_line(mark):
    assert str(RecordingError(f"x.txt has no column{mark}ECG.")) == "x.txt has no column ECG."


def test_a_sentence_can_be_written_whatever_a_name_holds():
    sentence = str(StressIDError("caf\udce9.wav is empty."))
    assert sentence.encode("utf-8") == b"caf\\udce9.wav is empty."


def test_a_long_sentence_keeps_its_beginning_and_its_end():
    sentence = str(StressIDError("x.json says " + "9" * 10_000 + "; expected a number."))
    assert len(sentence) <= LONGEST
    assert sentence.startswith("x.json says ")
    assert sentence.endswith("expected a number.")
