"""All readers, by name."""

import importlib
from dataclasses import dataclass

from .reader import Reader


@dataclass(frozen=True)
class Place:
    """Where a reader is: a process imports those alone that it is asked for."""

    module: str
    name: str
    share: int = 0  # of 12,000 damaged inputs
    needs_keras: bool = False  # which takes seconds to import

    def open(self) -> type[Reader]:
        return getattr(importlib.import_module(f"{__package__}.{self.module}"), self.name)


READERS = {
    "sound": Place("sounds", "Sounds", 2000),
    "video": Place("films", "Films", 1200),
    "signals": Place("tables", "Signals", 1500),
    "png": Place("pictures", "Pictures", 1000),
    "labels": Place("tables", "LabelTables", 700),
    "configuration": Place("settings", "Settings", 1200),
    "store": Place("stores", "Stores", 1200),
    "prepare again": Place("stores", "Preparations", 250),
    "interrupted preparation": Place("stores", "Interrupted", 250),
    "interrupted replacement": Place("stores", "Replacements", 100),
    "split": Place("records", "Splits", 400),
    "stage record": Place("records", "Records", 500),
    "tflite": Place("models", "ExportedStudents", 1200),
    "tflite, crafted": Place("models", "CraftedStudents", 300),
    "demographics": Place("people", "People", 300, needs_keras=True),
    "baseline features": Place("features", "BaselineFeatures", 300, needs_keras=True),
    "teacher features": Place("features", "TeacherFeatures", 400, needs_keras=True),
    "predictions": Place("people", "Predictions", 300, needs_keras=True),
    "resume": Place("features", "ResumedTrainings", 300, needs_keras=True),
    "keras": Place("models", "KerasStudents", 300, needs_keras=True),
}

# With every kind of fault, to see whether faults are found.
PLANTED = {
    f"planted {name.lower()}": Place("planted", name)
    for name in ("Hang", "Crash", "Burst", "Claim", "Exception_", "Number", "Sentence", "Refusal")
}
