"""Predictions of recordings as text for a reader, as JSON, and as rows of a CSV file."""

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path

from stressid_keras import StudentRunner
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import atomic_path

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


class CsvRows:
    """Rows of a CSV file: one a recording or one a window, and one for each recording that cannot be scored."""

    def __init__(self, file, runner: StudentRunner, by_window: bool):
        self._runner, self._by_window = runner, by_window
        what = ["start", "end", "silent"] if by_window else ["seconds", "windows", "silent"]
        names = ["file", *what, "label", *(f"p_{name}" for name in runner.class_names), "error"]
        self._writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        self._writer.writeheader()

    def add(self, path: Path, prediction) -> None:
        if self._by_window:
            for start, end, probabilities, silent in _windows(prediction, self._runner):
                label = prediction.class_names[int(probabilities.argmax())]
                self._write(path, probabilities, label, start=start, end=end, silent=int(silent))
        else:
            counts = {"windows": len(prediction.silent), "silent": int(prediction.silent.sum())}
            self._write(path, prediction.mean, prediction.label, seconds=prediction.seconds, **counts)

    def refuse(self, path: Path, sentence: str) -> None:
        self._writer.writerow({"file": str(path), "error": sentence})

    def _write(self, path: Path, probabilities, label: str, **values) -> None:
        shares = zip(self._runner.class_names, probabilities, strict=True)
        values |= {f"p_{name}": float(value) for name, value in shares}
        rounded = {key: round(value, PLACES) for key, value in values.items()}
        self._writer.writerow({"file": str(path), "label": label, **rounded})


@contextlib.contextmanager
def csv_rows(target: Path, runner: StudentRunner, by_window: bool) -> Iterator[CsvRows]:
    """The rows of a file that is there once all are written.

    Raises:
        StressIDError: it cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            temporary = stack.enter_context(atomic_path(target))
        except OSError as error:  # which names the temporary file
            raise StressIDError(
                f"--csv cannot write {target} ({error.strerror or error}); name another place."
            ) from None
        with open(temporary, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield CsvRows(file, runner, by_window)


def _windows(prediction, runner: StudentRunner) -> Iterator[tuple]:
    """Start and end in seconds, probabilities and silence of each window."""
    window = runner.samples / runner.sample_rate
    for start, probabilities, silent in zip(
        prediction.starts, prediction.probabilities, prediction.silent, strict=True
    ):
        yield float(start), min(float(start) + window, prediction.seconds), probabilities, silent
