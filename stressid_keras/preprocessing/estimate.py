"""How large a prepared folder will be, from headers and the configuration alone."""

from pathlib import Path

from stressid_keras.config import PreparationConfig, VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.video_file import open_video
from stressid_keras.modalities import FILM, RECORDS, SOUND
from stressid_keras.preprocessing.signals.gaf import pixels
from stressid_keras.preprocessing.sources import is_image, measure_sources
from stressid_keras.preprocessing.units import lengths, refusals
from stressid_keras.preprocessing.windows import Span, modality_spans, window_spans
from stressid_keras.store.encoding import stored_type
from stressid_keras.store.images import image_width

LOOKED_AT = 16  # recordings: on a network disk, opening every file of a thousand would take minutes


def estimate_nbytes(recordings, config: PreparationConfig, run_on: bool = False) -> int:
    """Bytes of the arrays, scaled up from some evenly spaced recordings; unusable files count as nothing.

    Args:
        run_on: of the data set: see `lengths.signals_run_on`.
    """
    step = max(1, len(recordings) // LOOKED_AT)
    looked_at = recordings[::step]
    return round(
        sum(_usable_nbytes(recording, config, run_on) for recording in looked_at)
        * len(recordings)
        / len(looked_at)
    )


def _usable_nbytes(recording, config: PreparationConfig, run_on: bool) -> int:
    try:
        return _nbytes(recording, config, run_on)
    except Exception:  # of whatever type: an estimate must not stop a run, which will name what is wrong
        return 0


def _nbytes(recording, config: PreparationConfig, run_on: bool) -> int:
    sources = measure_sources(recording, config)
    refused = refusals(recording, sources, config, run_on)
    seconds = lengths(recording, {m: source for m, source in sources.items() if m not in refused}, config)
    spans = window_spans(seconds, config)
    total = 0
    for modality, path in recording.sources.items():
        shares = modality_spans(seconds.get(modality, 0.0), spans, config)
        total += sum(_window_nbytes(modality, path, share, config) for share in shares if share)
    return total


def _window_nbytes(modality: str, path: Path, span: Span, config: PreparationConfig) -> int:
    seconds = span[1] - span[0]
    try:
        media = RECORDS[modality].media
        if is_image(path) and media != SOUND:
            return image_width(path) ** 2
        if seconds < config.quality.min_seconds:
            return 0
        if media == SOUND:
            frames = 1 + seconds * config.audio.sample_rate // config.audio.hop_length
            return int(frames) * config.audio.n_mels * stored_type(modality).itemsize
        if media == FILM:
            return config.video.frames * _frame_nbytes(path, config.video)
    except (RecordingError, OSError):
        return 0
    return pixels(config.gaf.size(modality), seconds, config.window_seconds) ** 2


def _frame_nbytes(path: Path, config: VideoConfig) -> int:
    with open_video(path) as (_, stream):
        height, width = stream.codec_context.height, stream.codec_context.width
    if config.crop == "face":  # of a size that is not known before, mostly more than what it is shrunk to
        height = width = min(height, width)
    scale = min(1.0, config.max_side / max(height, width, 1))
    return 3 * max(1, round(height * scale)) * max(1, round(width * scale))
