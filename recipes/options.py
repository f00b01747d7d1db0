"""The command line: mistakes in it are one sentence, and its numbers have the ranges of the configuration."""

import argparse
import re

from registry import RECIPES

from stressid_keras import __version__
from stressid_keras.errors import StressIDError, shown
from stressid_keras.ranges import checked, kinds

WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
DECIMAL = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
)  # no nan, no 1_000, no other digits


class Parser(argparse.ArgumentParser):
    """A parser that refuses as everything else does, in one sentence without its usage; its help names the others."""

    def __init__(self, description: str):
        super().__init__(
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            conflict_handler="resolve",  # a recipe may give an option another meaning
        )
        self.add_argument(
            "--version", action="version", version=f"{self.prog} of stressid_keras {__version__}"
        )
        others = (f"{name}.py" for name in RECIPES if f"{name}.py" != self.prog)
        self.epilog = f"other recipes: {', '.join(others)}"

    def error(self, message: str):
        """Raise StressIDError."""
        message = re.sub(r"^argument (-\S+): is ", r"\1 is ", message)
        raise StressIDError(f"{message.rstrip('.')}{'' if ' is ' in message else '; see --help'}.")


def option_of(cls, name: str):
    """A converter of argparse for an option that goes into a field of a configuration."""
    return number(kinds(cls)[name])


def number(kind):
    """A converter of argparse for a number of an annotated type, such as `config.Folds`."""

    def convert(text: str):
        value = text
        if WHOLE.fullmatch(text):
            value = int(text)
        elif DECIMAL.fullmatch(text):
            value = float(text)
        try:
            value = checked(kind, value, "it")
        except StressIDError as error:
            expected = str(error).rpartition("; expected ")[2]
            raise argparse.ArgumentTypeError(f"is {shown(text)}; expected {expected}") from None
        return float(value) if kind.__origin__ is float else value

    return convert
