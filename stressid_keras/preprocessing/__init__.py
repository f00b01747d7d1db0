"""One recording in, arrays out: audio, physiology, GAF, video; `prepare_dataset` runs them all."""

from stressid_keras.preprocessing.audio import load_waveform, log_mel
from stressid_keras.preprocessing.cluster import dask_backend
from stressid_keras.preprocessing.gaf import gramian_angular_field, pixels
from stressid_keras.preprocessing.images import (
    load_gaf_image,
    load_log_mel_image,
    save_gaf_image,
    save_log_mel_image,
)
from stressid_keras.preprocessing.physiology import clean_signal, load_signals
from stressid_keras.preprocessing.png import export_png
from stressid_keras.preprocessing.prepare import prepare_dataset
from stressid_keras.preprocessing.quantisation import RANGES, from_stored, to_stored
from stressid_keras.preprocessing.store import PreparedStore
from stressid_keras.preprocessing.summary import quality_table
from stressid_keras.preprocessing.transforms import PreparedWindow
from stressid_keras.preprocessing.video import read_frames, video_seconds
from stressid_keras.preprocessing.windows import modality_spans, window_spans
from stressid_keras.preprocessing.work import levels_of_person, prepare_recording

__all__ = [
    "RANGES",
    "PreparedStore",
    "PreparedWindow",
    "clean_signal",
    "dask_backend",
    "export_png",
    "from_stored",
    "gramian_angular_field",
    "levels_of_person",
    "load_gaf_image",
    "load_log_mel_image",
    "load_signals",
    "load_waveform",
    "log_mel",
    "modality_spans",
    "pixels",
    "prepare_dataset",
    "prepare_recording",
    "quality_table",
    "read_frames",
    "save_gaf_image",
    "save_log_mel_image",
    "to_stored",
    "video_seconds",
    "window_spans",
]
