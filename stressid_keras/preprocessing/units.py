"""The unit of work: one modality of one recording. What decides it, how it is made, its part file."""

import dataclasses
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.dataset.recording import SPAN_VERSION, WHOLE
from stressid_keras.errors import RecordingError
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.failures import may_pass, sentence
from stressid_keras.preprocessing.lengths import difference, implausible
from stressid_keras.preprocessing.signals.signal_levels import Levels
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.sources import Source, is_image, span_in_file
from stressid_keras.preprocessing.transforms import PreparedWindow, is_unexpected, settings, transform
from stressid_keras.preprocessing.windows import Span, modality_spans, window_spans
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unit:
    """The windows of one modality of one recording."""

    fingerprint: str  # of everything that decides the windows; empty: not to be trusted a second time
    windows: list[PreparedWindow]

    @property
    def reason(self) -> str:
        """Why (some of) its windows have no array; empty if nothing failed."""
        return next((window.reason for window in self.windows if window.reason), "")


@dataclass(frozen=True)
class Plan:
    """What is to be made of a recording."""

    spans: list[Span]  # of its windows
    shares: dict[str, list[Span | None]]  # per modality, the part of each window that it covers
    fingerprints: dict[str, str]  # per modality
    bounds: Levels  # of the signals, between which they are imaged
    reasons: dict[str, str] = field(default_factory=dict)  # per modality that cannot be used as a whole
    note: str = ""  # the lengths of its files, if they differ more than is usual


def plan_recording(
    recording,
    sources: dict[str, Source],
    config: PreparationConfig,
    levels: Levels | None = None,
    run_on: bool = False,
) -> Plan:
    """Decide on windows and fingerprints from what is known of the files.

    An image made earlier stands for the whole recording, so a recording with one has a single window. A modality whose
    length cannot be that of the recording is refused: see `lengths.implausible`. Never raises.

    Args:
        levels: of the person's signals, between which they are imaged; none: those of each window.
        run_on: of the data set: see `lengths.signals_run_on`.
    """
    try:
        return _plan(recording, sources, config, levels or {}, run_on)
    except Exception as error:  # of whatever type: one recording must not stop a run of a thousand
        logger.warning("planning %s", recording.name, exc_info=True)
        spans: list[Span] = [(0.0, config.window_seconds)]
        reasons = {modality: sentence(path, error) for modality, path in recording.sources.items()}
        return Plan(
            spans, {modality: [*spans] for modality in reasons}, dict.fromkeys(reasons, ""), {}, reasons
        )


def refusals(
    recording, sources: dict[str, Source], config: PreparationConfig, run_on: bool = False
) -> dict[str, str]:
    """Why modalities cannot be used for what is known of the files, without a look at their content: see `lengths`."""
    broken = {modality: source.reason for modality, source in sources.items() if source.reason}
    for modality, source in sources.items():
        try:
            span_in_file(recording, modality, source, config)
        except RecordingError as error:
            broken.setdefault(modality, str(error))
    sound = {modality: source for modality, source in sources.items() if modality not in broken}
    told = _told(recording, sound, config)
    timed = {modality for modality in told if sources[modality].timed}
    return broken | implausible(told, recording.sources, timed, config, run_on)


def _plan(
    recording, sources: dict[str, Source], config: PreparationConfig, levels: Levels, run_on: bool
) -> Plan:
    paths = recording.sources
    reasons = refusals(recording, sources, config, run_on)
    usable = {modality: source for modality, source in sources.items() if modality not in reasons}
    seconds = lengths(recording, usable, config)
    note = difference(_told(recording, usable, config), paths)
    spans = window_spans(seconds, config)
    if any(is_image(path) for path in paths.values()):
        spans = [spans[0] if spans[0][1] else (0.0, config.window_seconds)]
    shares, fingerprints, bounds = {}, {}, {}
    for modality, path in paths.items():
        length = seconds.get(modality, 0.0)
        shares[modality] = (
            [(0.0, length or spans[0][1])] if is_image(path) else modality_spans(length, spans, config)
        )
        if modality in levels and not is_image(path):
            bounds[modality] = levels[modality]
        content, part = sources[modality].content, recording.part(modality)
        cut = [] if part == WHOLE else [dataclasses.astuple(part), SPAN_VERSION]
        refused = [] if sources[modality].reason or modality not in reasons else [reasons[modality]]
        fingerprints[modality] = content and fingerprint(
            content, settings(modality, config), shares[modality], spans, bounds.get(modality), *cut, *refused
        )
    return Plan(spans, shares, fingerprints, bounds, reasons, note)


def told_lengths(recording, sources: dict[str, Source], config: PreparationConfig) -> dict[str, float]:
    """Seconds of each modality that can be used and whose file tells its length: modality → seconds."""
    broken = refusals(recording, sources, config, run_on=True)
    return _told(recording, {m: source for m, source in sources.items() if m not in broken}, config)


def _told(recording, sources: dict[str, Source], config: PreparationConfig) -> dict[str, float]:
    """Seconds of the modalities whose files tell their length: modality → seconds."""
    files = {m: source for m, source in sources.items() if not is_image(recording.sources[m])}
    return lengths(recording, files, config)


def lengths(recording, sources: dict[str, Source], config: PreparationConfig) -> dict[str, float]:
    """Seconds of the recording's part of each file that can be used: modality → seconds."""
    spans = {m: span_in_file(recording, m, source, config) for m, source in sources.items()}
    return {modality: end - start for modality, (start, end) in spans.items()}


def make_unit(
    recording, modality: str, plan: Plan, config: PreparationConfig, reader: SignalReader | None = None
) -> Unit:
    """Transform one modality of a recording; a failure is in the windows, not raised."""
    if reason := plan.reasons.get(modality, ""):
        kept = "" if may_pass(reason) else plan.fingerprints[modality]
        return Unit(kept, [PreparedWindow(reason=reason) for _ in plan.spans])
    windows = transform(recording, modality, plan.shares[modality], config, reader, plan.bounds.get(modality))
    retry = any(is_unexpected(window) for window in windows)
    return Unit("" if retry else plan.fingerprints[modality], windows)


def part_path(folder: Path, name: str, modality: str) -> Path:
    return folder / f"{name}.{modality}.npz"


def save_part(path: Path, unit: Unit) -> None:
    """Write a unit so that it is there as a whole or not at all."""
    meta = {
        "fingerprint": unit.fingerprint,
        "windows": [[window.seconds, window.reason, window.quality] for window in unit.windows],
    }
    arrays = {str(i): window.array for i, window in enumerate(unit.windows) if window.array is not None}
    write_arrays(path, {"meta": np.array(json.dumps(meta)), **arrays})


def load_part(path: Path) -> Unit | None:
    """Read what `save_part` wrote; None if it is absent, damaged or was changed."""
    arrays = read_arrays(path)
    if arrays is None:
        if path.is_file():
            logger.warning("%s is damaged and will be made again", path)
        return None
    meta = json.loads(str(arrays["meta"]))
    windows = [PreparedWindow(arrays.get(str(i)), *values) for i, values in enumerate(meta["windows"])]
    return Unit(meta["fingerprint"], windows)


def levels_key(recording, sources: Mapping[str, Source | None], config: PreparationConfig) -> str:
    """What the levels of a recording's signals depend on; empty if a file is not known or cannot be read."""
    if not all(source and source.content for source in sources.values()):
        return ""
    contents = [sources[modality].content for modality in PHYSIOLOGICAL if modality in sources]
    used = [settings(modality, config) for modality in PHYSIOLOGICAL]
    parts = [
        [modality, dataclasses.astuple(part), SPAN_VERSION]
        for modality, part in sorted(recording.parts.items())
    ]
    return fingerprint(contents, used, refusals(recording, dict(sources), config, run_on=True), *parts)
