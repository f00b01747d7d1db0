"""The example that needs no data prints what its page shows; the others are run by tests/recipes/test_laboratory.py."""

import re
import runpy

import pytest

from .pages import ROOT, blocks

PAGE = "docs/examples/distil.md"
NUMBER = re.compile(r"\d\.\d\d")


def test_two_keras_models_are_distilled_as_documented(tmp_path, monkeypatch, capsys):
    (code,), (output,) = blocks(PAGE, "code"), blocks(PAGE, "output")
    script = ROOT / "docs" / "examples" / "distil.py"
    assert code == script.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script))
    printed = capsys.readouterr().out
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", output)
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (printed, output)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.1)
    assert numbers[0][1] > numbers[0][2]  # the student heard something
