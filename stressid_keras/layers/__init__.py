"""Small Keras layers that the models share."""

from stressid_keras.layers.centre_waveform import CentreWaveform
from stressid_keras.layers.framewise import FramewiseMaxPool3D, StackedFramesConv3D
from stressid_keras.layers.log_mel import LogMel
from stressid_keras.layers.mask_padding import MaskPadding
from stressid_keras.layers.masked_batch_normalization import MaskedBatchNormalization
from stressid_keras.layers.masked_global_pooling import MaskedGlobalPooling
from stressid_keras.layers.measure_normalization import MeasureNormalization
from stressid_keras.layers.pad_to_multiple import PadToMultiple
from stressid_keras.layers.speech_frames import SpeechFrames
from stressid_keras.layers.speech_statistics import SpeechStatistics
from stressid_keras.layers.time_statistics import TimeStatistics

__all__ = [
    "CentreWaveform",
    "FramewiseMaxPool3D",
    "LogMel",
    "MaskPadding",
    "MaskedBatchNormalization",
    "MaskedGlobalPooling",
    "MeasureNormalization",
    "PadToMultiple",
    "SpeechFrames",
    "SpeechStatistics",
    "StackedFramesConv3D",
    "TimeStatistics",
]
