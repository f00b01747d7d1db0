"""An augmentation that is registered from outside changes batches, and nothing of what others draw."""

import json
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest

from stressid_keras.batches.augmentation import augment, register_augmentation
from stressid_keras.batches.py_dataset import PreparedBatches
from stressid_keras.config import AUGMENTATIONS, AugmentationConfig, PipelineConfig, RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import MODALITIES, PHYSIOLOGICAL
from stressid_keras.ranges import Checked, Range
from stressid_keras.reporting.pictures.augmentations import augmentations_figure


@dataclass(frozen=True)
class Dimming(Checked):
    """How much of a field is left, at least; 1 is off."""

    least: Annotated[float, Range(0, 1)] = 1.0


def dim(field, generator, options):
    return field if options.least == 1 else field * np.float32(generator.uniform(options.least, 1.0))


@pytest.fixture
def dimming():
    yield register_augmentation("dimming", "signal", "weaker", Dimming)(dim)
    AUGMENTATIONS.remove("dimming")


def batches(store, **options):
    config = PipelineConfig(batch_size=4, augmentation=AugmentationConfig(**options))
    rows = np.flatnonzero(store.complete)
    return [x for x, _ in PreparedBatches(store, rows, MODALITIES, config, training=True, seed=3)]


def test_it_changes_batches_once_it_is_switched_on(tiny_store, request):
    before = batches(tiny_store)
    request.getfixturevalue("dimming")
    for expected, found in zip(before, batches(tiny_store), strict=True):
        for name in found:
            np.testing.assert_array_equal(found[name], expected[name])
    changed = batches(tiny_store, added={"dimming": {"least": 0.5}})
    for expected, found in zip(before, changed, strict=True):
        np.testing.assert_array_equal(found["audio"], expected["audio"])
        assert found["ecg"].dtype == np.float32
        np.testing.assert_array_less(np.abs(found["ecg"]).max(), np.abs(expected["ecg"]).max())


def test_others_draw_what_they_drew_without_it(tiny_store, dimming):
    before = batches(tiny_store)
    changed = batches(tiny_store, added={"dimming": {"least": 0.5}})
    for expected, found in zip(before, changed, strict=True):
        np.testing.assert_array_equal(found["video"], expected["video"])
        for name in PHYSIOLOGICAL:  # the same span of the field, weaker
            np.testing.assert_array_equal(found[f"{name}_size"], expected[f"{name}_size"])
            peaks = [
                np.abs(values[name]).reshape(len(values[name]), -1).max(axis=1)
                for values in (found, expected)
            ]
            factors = (peaks[0] / peaks[1])[:, None, None, None]
            np.testing.assert_allclose(found[name], expected[name] * factors, atol=1e-6)


def test_it_draws_the_same_whatever_else_is_changed(dimming):
    added = {"dimming": {"least": 0.5}}
    field = np.ones((8, 8, 1), "float32")
    samples = ({"ecg": field}, {"video": np.zeros((4, 6, 6, 3), "float32"), "ecg": field})
    configs = (AugmentationConfig(added=added), AugmentationConfig(added=added, gaf_scale=0.0, gaf_crop=1.0))
    peaks = {
        float(augment(sample, np.random.default_rng((1, 2)), config)["ecg"].max())
        for sample in samples
        for config in configs
    }
    assert len(peaks) == 1


def test_its_options_are_a_table_of_the_configuration(dimming):
    config = RunConfig(
        pipeline=PipelineConfig(augmentation=AugmentationConfig(added={"dimming": {"least": 0.5}}))
    )
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert "added" not in RunConfig().to_dict()["pipeline"]["augmentation"]
    for values, message in (
        ({"dimming": {"least": 2.0}}, "least is 2.0; expected a number from 0 to 1"),
        ({"dimming": {"most": 1}}, "dimming has no option 'most'; expected some of least"),
        ({"dimming": 1}, "added.dimming is 1; expected a"),
        ({"dim": {}}, "augmentation 'dim' is unknown; expected one of log_mel_masks"),
        ({"flip": {}}, "added has flip; expected its options among those of augmentation"),
    ):
        with pytest.raises(StressIDError, match=message):
            AugmentationConfig(added=values)


def test_its_caption_stands_in_the_picture(dimming, tiny_store):
    row = int(np.flatnonzero(tiny_store.complete)[0])
    windows = {name: tiny_store.read(row, name) for name in MODALITIES}
    axes = augmentations_figure(windows, AugmentationConfig()).get_axes()
    titles = {place.get_title() for place in axes}
    assert {f"{name.upper()}: a span of the field, intensity, weaker" for name in PHYSIOLOGICAL} <= titles
    assert {"log-mel: SpecAugment", "frames: jitter in time, flip, colour"} <= titles
