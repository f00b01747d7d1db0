"""What a recipe writes on the screen: on any console, with progress bars that can be believed."""

import os
import sys
import time

from tqdm import tqdm

from stressid_keras.workflow import Reporter

SHOWN = ("loss", "val_uar", "failures")  # of the values that a stage reports


class ScreenReporter(Reporter):
    """Progress bars on the standard error stream, sentences on the standard output."""

    def __init__(self):
        self.made = []
        self._bars = {}  # stages lie within stages

    def reused(self, stage, files):
        print(f"{stage}: up to date ({', '.join(os.path.relpath(file) for file in files)})", flush=True)

    def started(self, stage, total):
        every = 0.1 if sys.stderr.isatty() else 10  # seconds; a log file needs no animation
        self._bars[stage] = Bar(
            total=total, desc=stage, unit="step", dynamic_ncols=True, delay=0.5, mininterval=every
        )

    def progress(self, stage, done, values):
        if self.made[-1:] != [stage]:
            self.made.append(stage)
        shown = {
            name: value for name, value in values.items() if name in SHOWN and (value or name == "failures")
        }
        bar = self._bars[stage]
        bar.set_postfix(
            {k: f"{v:.3f}" if isinstance(v, float) else v for k, v in shown.items()}, refresh=False
        )
        bar.update(done - bar.n)

    def finished(self, stage):
        self._bars.pop(stage).close()

    def say(self, sentence):
        tqdm.write(sentence)

    def warn(self, sentence):
        tqdm.write(f"note: {sentence}")


class Bar(tqdm):
    """A bar whose rate counts from the first step done: before it, libraries are imported and networks compiled."""

    first = None  # steps and time at the end of the first step

    def update(self, n=1):
        if self.first is None and n > 0:
            self.first = self.n + n, time.monotonic()
        return super().update(n)

    @property
    def format_dict(self):
        values = super().format_dict
        values["rate"] = 0  # shown as a question mark
        if self.first is not None:
            steps, since = self.n - self.first[0], time.monotonic() - self.first[1]
            values["rate"] = steps / since if steps > 0 and since > 0 else 0
        return values
