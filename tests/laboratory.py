"""A laboratory's own folder: one file of ECG and EDA at 700 Hz for each person, a WAV at 48 kHz for each recording, a
table that says which part is which, and no video.

python -m tests.laboratory FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from stressid_keras.dataset.synthetic.body import ecg, eda
from stressid_keras.dataset.synthetic.voice import voice

CLASSES = ("calm", "stress")
RATE, SECONDS, PAUSE = 700, 4.0, 2.5


def make_laboratory(folder: Path, people: int = 6, tasks: int = 4) -> Path:
    """The table's path."""
    (folder / "sound").mkdir(parents=True)
    (folder / "body").mkdir()
    rows = ["subject,task,label,audio,ecg,eda,start,end,age"]
    for number in range(people):
        subject, signals, start = f"p{number:02}", [], PAUSE
        for task in range(tasks):
            label = (number + task) % len(CLASSES)
            person, rng = np.random.default_rng([number]), np.random.default_rng([number, task])
            lead, size = np.random.default_rng([number, task, 1]), (PAUSE + SECONDS, RATE)
            signals.append(
                np.stack([ecg(2.0 * label, person, rng, *size), eda(2.0 * label, person, lead, *size)])
            )
            sound = f"sound/{subject}-{task}.wav"
            soundfile.write(folder / sound, voice(2.0 * label, person, rng, SECONDS, 48_000), 48_000)
            body = f"body/{subject}.csv"
            rows.append(
                f"{subject},task{task},{CLASSES[label]},{sound},{body},{body},{start:.2f},{start + SECONDS:.2f},31"
            )
            start += PAUSE + SECONDS
        columns = np.concatenate(signals, axis=1).T
        np.savetxt(folder / "body" / f"{subject}.csv", columns, "%.4f", ",", header="chest,EDA", comments="")
    (folder / "recordings.csv").write_text("\n".join(rows) + "\n")
    described = {"classes": CLASSES, "rates": {"ecg": RATE, "eda": RATE}, "columns": {"ecg": "chest"}}
    (folder / "recordings.json").write_text(json.dumps(described))
    return folder / "recordings.csv"


if __name__ == "__main__":
    print(f"{make_laboratory(Path(sys.argv[1]))} is a table of invented recordings.")
