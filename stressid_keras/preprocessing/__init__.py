"""One recording in, arrays out: audio, physiology, GAF, video; `prepare_dataset` runs them all."""

from stressid_keras.preprocessing.audio import load_waveform, log_mel
from stressid_keras.preprocessing.cluster import dask_backend, dask_client
from stressid_keras.preprocessing.prepare import prepare_dataset
from stressid_keras.preprocessing.signals.gaf import gramian_angular_field, pixels
from stressid_keras.preprocessing.signals.physiology import clean_signal, load_signals
from stressid_keras.preprocessing.transforms import PreparedWindow
from stressid_keras.preprocessing.windows import modality_spans, window_spans
from stressid_keras.preprocessing.work import levels_of_person, prepare_recording, signals_may_run_on

__all__ = [
    "PreparedWindow",
    "clean_signal",
    "dask_backend",
    "dask_client",
    "gramian_angular_field",
    "levels_of_person",
    "load_signals",
    "load_waveform",
    "log_mel",
    "modality_spans",
    "pixels",
    "prepare_dataset",
    "prepare_recording",
    "signals_may_run_on",
    "window_spans",
]
