"""The fast 3-D layers compute what Keras's own compute."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.layers import FramewiseMaxPool3D, StackedFramesConv3D

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(("kernel_size", "frames"), [(3, 3), (3, 1), (1, 3), (5, 3)])
def test_stacked_frames_convolution_equals_conv3d(kernel_size, frames):
    x = np.random.default_rng(0).normal(size=(2, 6, 9, 7, 5)).astype("float32")
    ours = StackedFramesConv3D(4, kernel_size, frames)
    found = ours(x)
    size = (frames, kernel_size, kernel_size)
    reference = keras.layers.Conv3D(4, size, padding="same", use_bias=False)
    reference.build(x.shape)
    reference.kernel.assign(
        np.transpose(convert_to_numpy(ours.kernel), (2, 0, 1, 3, 4))
    )  # ours has time after space
    np.testing.assert_allclose(convert_to_numpy(found), convert_to_numpy(reference(x)), atol=1e-4)


def test_framewise_pooling_equals_max_pool_3d():
    x = np.random.default_rng(0).normal(size=(2, 4, 8, 6, 3)).astype("float32")
    for pool in ((1, 2, 2), (2, 2, 2), (4, 2, 3)):
        found, expected = FramewiseMaxPool3D(pool)(x), keras.layers.MaxPooling3D(pool)(x)
        np.testing.assert_array_equal(convert_to_numpy(found), convert_to_numpy(expected))
