"""Output on any console: what its encoding lacks is written in letters that it has."""

import codecs
import sys
import unicodedata

PLAIN = dict(zip("–—−‑×·µμ≈‘’“”ø\N{NO-BREAK SPACE}", "----x*uu~''\"\"o ", strict=True)) | {
    **{"…": "...", "→": "->", "≥": ">=", "≤": "<=", "±": "+/-", "ß": "ss", "æ": "ae", "Σ": "sum"},
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta"},
}


def write_anything() -> None:
    """Have the standard streams write every text, whatever their encoding: a log in cp1252, a terminal in ASCII."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not what a test or a notebook put in its place
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """A codec's error handler: characters that it lacks, spelt out in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_spelt, error.object[error.start : error.end])), error.end


def _spelt(char: str) -> str:
    if char in PLAIN:
        return PLAIN[char]
    letters = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()  # without its accent
    return letters or char.encode("ascii", "backslashreplace").decode()
