"""The configuration, as a recipe reads it from `--config`."""

import json
import math
import sys
from pathlib import Path

from stressid_keras.config import to_dict

from .damage import BYTES
from .json_damage import JSON
from .reader import Original, Reader, put
from .text_damage import TEXT
from .verdicts import RIGHT, SAME, Verdict, tried, wrong

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SIGNED = ("white_noise", "babble", "gain_down", "direct_to_reverberant")  # decibels
SHARES = ("share", "dropout", "imitation", "smoothing")


class Settings(Reader):
    """`recipes.common.read_config` and the ranges of all numbers."""

    def find_originals(self):
        paths = sorted((self.corpus / "settings").iterdir())
        return [Original(p, (*JSON, *JSON, *JSON, *BYTES[:4], *TEXT[:4])) for p in paths]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        sys.path.insert(0, str(RECIPES))
        import common

        self._common = common
        self.expected = {original.path: self._read(original.path) for original in self.originals}

    def _read(self, path):
        return self._common.read_config(self._common.parser("").parse_args(["--config", str(path)]))

    def judge(self, original, content):
        path = put(self.sandbox / "config.json", content)
        return tried(lambda: self._read(path), lambda found: self._judge(original, content, found))

    def _judge(self, original, content, found) -> Verdict:
        if found == self.expected[original.path]:
            return SAME
        values = to_dict(found)
        faults = [*_out_of_range(values), *_unlike(values, _said(content))]
        return wrong(faults[0]) if faults else RIGHT


def _said(content: bytes) -> dict:
    values = json.loads(content.decode("utf-8-sig"))
    return values.get("config", values)


def _unlike(values, said, where=""):
    """What the file says and the configuration does not."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _unlike(values[key], value, f"{where}.{key}")
    elif values != said:
        yield f"{where} is not what the file says"


def _out_of_range(value, name=""):
    """Numbers with which nothing can be computed, by plain rules of their names."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _out_of_range(item, key)
    elif isinstance(value, list):
        if "filters" in name and not value:
            yield f"no {name}"
        for item in value:
            yield from _out_of_range(item, name)
    elif isinstance(value, str):
        if len(value.splitlines()) > 1 or not _is_printable(value):
            yield f"{name} cannot be written in a line"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value) or abs(value) > 2**32:
            yield f"{name} is {value}"
        elif value < 0 and name not in SIGNED:
            yield f"{name} is negative"
        elif any(part in name for part in SHARES) and value > 1:
            yield f"{name} is above 1"
        elif (name == "top_db" and value == 0) or ("filters" in name and value < 1):
            yield f"{name} is 0"


def _is_printable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not any(ord(mark) < 32 or mark in "\x7f\x85\u2028\u2029" for mark in text)
