"""A recording: whose it is, its label, and which part of which file holds each modality."""

from dataclasses import dataclass, field
from pathlib import Path

from stressid_keras.errors import RecordingError
from stressid_keras.modalities import MODALITIES

SLACK_SECONDS, SLACK_SHARE = 1.0, 0.1  # recorders are started and stopped by hand
SPAN_VERSION = 2  # raised when the same part lies elsewhere in the same file


@dataclass(frozen=True)
class Part:
    """What of a file belongs to a recording, and what the file does not say of itself.

    Attributes:
        start, end: in seconds of the file; an end of None is that of the file.
        shared: whether the file holds other recordings, too.
        rate: Hz, of a signal in a text file without a time column; None: `QualityConfig.signal_rate`.
        column: title of a signal's column, in lower case; empty: the signal's name.
    """

    start: float = 0.0
    end: float | None = None
    shared: bool = False
    rate: float | None = None
    column: str = ""

    def span(self, seconds: float, file: str) -> tuple[float, float]:
        """From where to where the recording lies in a file of this length.

        A file that is not shared and no longer than the part that is wanted of it holds the recording alone, whatever
        the place of the recording in longer files beside it.

        Raises:
            RecordingError: it lies beyond the file's end.
        """
        if self.start == 0 and self.end is None:
            return 0.0, seconds
        end = seconds if self.end is None else self.end
        wanted = end - self.start
        if not self.shared and self.end is not None and seconds <= wanted * (1 + SLACK_SHARE) + SLACK_SECONDS:
            return 0.0, seconds
        if end <= seconds + SLACK_SECONDS and self.start < seconds:
            return self.start, min(end, seconds)
        alone = "" if self.shared or self.end is None else f", or the {wanted:g} s of the recording alone"
        raise RecordingError(
            f"{file} lasts {seconds:.1f} s, and the recording is to lie from {self.start:g} s to "
            f"{'its end' if self.end is None else f'{self.end:g} s'}; expected a file as long as that{alone}."
        )


WHOLE = Part()


@dataclass(frozen=True)
class Recording:
    """One task of one subject: its label and the file of each modality that exists."""

    name: str  # "2ea4_Speaking"
    subject: str  # "2ea4"
    task: str  # "Speaking"
    label: int
    sources: dict[str, Path]  # modality → file; a text file may hold several signals
    parts: dict[str, Part] = field(default_factory=dict)  # modality → part; absent: the whole file

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those of `modalities.MODALITIES` that this recording has, in that order."""
        return tuple(modality for modality in MODALITIES if modality in self.sources)

    def part(self, modality: str) -> Part:
        return self.parts.get(modality, WHOLE)
