"""The values of every epoch as a CSV file that is whole at any moment."""

import csv
import io
from pathlib import Path

import keras

from stressid_keras.provenance import write_text


class History(keras.callbacks.Callback):
    """Writes a row for each epoch: its number, from 0, and its logs in the order of their names.

    Args:
        path: `.csv`, replaced as a whole after every epoch.

    Attributes:
        rows: of the epochs so far, JSON values.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = Path(path)
        self.rows: list[dict[str, float]] = []

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({"epoch": epoch, **{name: float(logs[name]) for name in sorted(logs)}})
        self.write()

    def write(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path, text.getvalue())
