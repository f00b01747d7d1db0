"""A recorder whose level is set too high."""

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.corruptions.gain_down import change_gain
from stressid_keras.config import RobustnessConfig


@register_corruption("gain_up", "Too loud", "dB", RobustnessConfig.gain_up)
def gain_up(waveform, level, conditions):
    return change_gain(waveform, level)
