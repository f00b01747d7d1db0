"""The unit of work: one modality of one recording. What decides it, how it is made, its part file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import PHYSIOLOGICAL, PreparationConfig
from stressid_keras.preprocessing.physiology import load_signals
from stressid_keras.preprocessing.signal_levels import Levels
from stressid_keras.preprocessing.sources import Source, is_image
from stressid_keras.preprocessing.transforms import PreparedWindow, is_unexpected, settings, transform
from stressid_keras.preprocessing.windows import Span, modality_spans, window_spans
from stressid_keras.provenance import fingerprint
from stressid_keras.sealed_arrays import read_arrays, write_arrays

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


def plan_recording(
    recording, sources: dict[str, Source], config: PreparationConfig, levels: Levels | None = None
) -> Plan:
    """Decide on windows and fingerprints from what is known of the files.

    An image made earlier stands for the whole recording, so a recording with one has a single window.

    Args:
        levels: of the person's signals, between which they are imaged; none: those of each window.
    """
    seconds = {
        modality: sources[modality].seconds(modality, path, config)
        for modality, path in recording.sources.items()
        if not sources[modality].reason
    }
    spans = window_spans(seconds, config)
    if any(is_image(path) for path in recording.sources.values()):
        spans = [spans[0] if spans[0][1] else (0.0, config.window_seconds)]
    shares, fingerprints, bounds = {}, {}, {}
    for modality, path in recording.sources.items():
        length = seconds.get(modality, 0.0)
        shares[modality] = (
            [(0.0, length or spans[0][1])] if is_image(path) else modality_spans(length, spans, config)
        )
        if levels and modality in levels and not is_image(path):
            bounds[modality] = levels[modality]
        content = sources[modality].content
        fingerprints[modality] = content and fingerprint(
            content, settings(modality, config), shares[modality], spans, bounds.get(modality)
        )
    return Plan(spans, shares, fingerprints, bounds)


def make_unit(
    recording, modality: str, source: Source, plan: Plan, config: PreparationConfig, load=load_signals
) -> Unit:
    """Transform one modality of a recording; a failure is in the windows, not raised."""
    if source.reason:
        return Unit(plan.fingerprints[modality], [PreparedWindow(reason=source.reason) for _ in plan.spans])
    windows = transform(
        modality,
        recording.sources[modality],
        plan.shares[modality],
        config,
        load,
        plan.bounds.get(modality),
    )
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


def levels_key(sources: Mapping[str, Source | None], config: PreparationConfig) -> str:
    """What the levels of a recording's signals depend on; empty if a file is not known or cannot be read."""
    contents = [source.content if source else "" for source in (sources.get(m) for m in PHYSIOLOGICAL)]
    used = [settings(modality, config) for modality in PHYSIOLOGICAL]
    return fingerprint(contents, used) if all(contents) else ""
