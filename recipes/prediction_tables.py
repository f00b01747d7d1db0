"""Predictions of recordings as text for a reader, as JSON, and as rows of a CSV file."""

import contextlib
import csv
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from stressid_keras import StudentRunner
from stressid_keras.errors import StressIDError

PLACES = 6  # of numbers in a CSV file: of a probability, float32 holds hardly more


def table(path: Path, prediction, runner: StudentRunner) -> str:
    """A line a window and one for the whole."""
    width = max(8, *(len(name) + 2 for name in prediction.class_names))
    lines = ["".join([f"{path.name:<22}", *(f"{name:>{width}}" for name in prediction.class_names)])]
    for start, end, probabilities, silent in _windows(prediction, runner):
        numbers = "".join(f"{value:>{width}.3f}" for value in probabilities)
        lines.append(f"{f'{start:8.2f} – {end:.2f} s':<22}{numbers}{'   silent' if silent else ''}")
    mean = "".join(f"{value:>{width}.3f}" for value in prediction.mean)
    silent = int(prediction.silent.sum())
    note = f", {silent} of {len(prediction.silent)} windows silent" if silent else ""
    lines.append(f"{f'whole, {prediction.seconds:.2f} s':<22}{mean}   {prediction.label}{note}")
    return "\n".join(lines) + "\n"


def as_json(path: Path, prediction) -> dict:
    return {
        "file": str(path),
        "seconds": prediction.seconds,
        "class_names": prediction.class_names,
        "label": prediction.label,
        "mean": prediction.mean.tolist(),
        "starts": prediction.starts.tolist(),
        "probabilities": prediction.probabilities.tolist(),
        "silent": prediction.silent.tolist(),
    }


class Unwritable(Exception):
    """The table cannot be written, or cannot take its place; the text says why."""


class CsvRows:
    """Rows of a CSV file: one a recording or one a window, and one for each recording that cannot be scored.

    Each is in the file as soon as it is added; `finished` is the size in bytes with the last of them.
    Raises `Unwritable`.
    """

    def __init__(self, file, runner: StudentRunner, by_window: bool):
        self._runner, self._by_window = runner, by_window
        self._file, self.finished = file, 0
        what = ["start", "end", "silent"] if by_window else ["seconds", "windows", "silent"]
        names = ["file", *what, "label", *(f"p_{name}" for name in runner.class_names), "error"]
        self._writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        self._write_row(dict(zip(names, names, strict=True)))
        self.finished = 0  # a header alone is nothing to keep

    def add(self, path: Path, prediction) -> None:
        if self._by_window:
            for start, end, probabilities, silent in _windows(prediction, self._runner):
                label = prediction.class_names[int(probabilities.argmax())]
                self._write(path, probabilities, label, start=start, end=end, silent=int(silent))
        else:
            counts = {"windows": len(prediction.silent), "silent": int(prediction.silent.sum())}
            self._write(path, prediction.mean, prediction.label, seconds=prediction.seconds, **counts)

    def refuse(self, path: Path, sentence: str) -> None:
        self._write_row({"file": str(path), "error": sentence})

    def _write(self, path: Path, probabilities, label: str, **values) -> None:
        shares = zip(self._runner.class_names, probabilities, strict=True)
        values |= {f"p_{name}": float(value) for name, value in shares}
        rounded = {key: round(value, PLACES) for key, value in values.items()}
        self._write_row({"file": str(path), "label": label, **rounded})

    def _write_row(self, row: dict) -> None:
        with _unwritable():
            self._writer.writerow(row)
            self._file.flush()
            self.finished = os.fstat(self._file.fileno()).st_size


@contextlib.contextmanager
def csv_rows(target: Path, runner: StudentRunner, by_window: bool) -> Iterator[CsvRows]:
    """The rows of a file that is there once all are written.

    Until then they stand in a file beside it. That one stays, and is named, if there is no more room or if the target
    cannot be replaced, as where another program has it open: what was scored for hours is not lost.

    Raises:
        StressIDError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = _open_beside(target)
    except OSError as error:
        raise StressIDError(
            f"--csv cannot write {target} ({error.strerror or error}); name another place."
        ) from None
    beside, rows = Path(file.name), None
    try:
        rows = CsvRows(file, runner, by_window)
        yield rows
        with _unwritable():
            file.close()
            os.replace(beside, target)
    except Unwritable as error:
        _close(file)
        kept = f"; the finished rows are kept in {beside}" if _keep(beside, rows) else ""
        raise StressIDError(
            f"--csv cannot write {target} ({error}): close it in other programs, make room, or name another place"
            f"{kept}."
        ) from None
    except BaseException:
        _close(file)
        beside.unlink(missing_ok=True)
        raise


def _open_beside(target: Path):
    """A new file in the target's folder, whose name tells what it belongs to."""
    names = (target.with_name(f"{target.stem}.part{number}{target.suffix}") for number in itertools.count(1))
    path = next(path for path in names if not path.exists())
    return open(path, "x", encoding="utf-8", errors="backslashreplace", newline="")


def _close(file) -> None:
    with contextlib.suppress(OSError):  # it tries once more to write what there was no room for
        file.close()


def _keep(path: Path, rows: CsvRows | None) -> bool:
    """Leave the whole rows of a file in it, without the beginning of one behind them; whether there are any."""
    finished = rows.finished if rows else 0
    with contextlib.suppress(OSError):
        os.truncate(path, finished)
        if not finished:
            path.unlink()
    return finished > 0


@contextlib.contextmanager
def _unwritable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unwritable(error.strerror or error) from None


def _windows(prediction, runner: StudentRunner) -> Iterator[tuple]:
    """Start and end in seconds, probabilities and silence of each window."""
    window = runner.samples / runner.sample_rate
    for start, probabilities, silent in zip(
        prediction.starts, prediction.probabilities, prediction.silent, strict=True
    ):
        yield float(start), min(float(start) + window, prediction.seconds), probabilities, silent
