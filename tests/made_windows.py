"""A manifest of made-up people: a window a task, all classes in equal number."""

from collections.abc import Sequence

import pandas as pd


def windows_of(subjects: Sequence[str], tasks: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "recording": f"{subject}_{task}",
                "subject": subject,
                "task": task,
                "window": 0,
                "label": (i + j) % 3,
            }
            for i, subject in enumerate(subjects)
            for j, task in enumerate(tasks)
        ]
    )
