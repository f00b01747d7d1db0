"""The graph finds the padding and takes off the offset as preparation does."""

import keras
import numpy as np
import pytest

from stressid_keras.layers import CentreWaveform
from stressid_keras.media.sound.waveform import trim_padding, without_offset

from ..speech_signals import batch, waveforms

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_waveform_and_length_are_those_of_preparation(offset):
    signals = [values + np.float32(offset) for values in waveforms().values()]
    padded, _ = batch(signals, extra=333)
    found, size = map(keras.ops.convert_to_numpy, CentreWaveform()(padded))
    for row, waveform, (count,) in zip(found, padded, size, strict=True):
        expected = without_offset(trim_padding(waveform))
        assert count == len(expected)
        np.testing.assert_allclose(row[:count], expected, atol=1e-6)
        assert not row[count:].any()
