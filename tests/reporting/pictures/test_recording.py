"""What is drawn, and what is said where there is nothing to draw."""

import dataclasses

import numpy as np
import pytest

from stressid_keras.config import AugmentationConfig, DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import MODALITIES
from stressid_keras.reporting.pictures import augmentations_figure, recording_figure


@pytest.fixture(scope="module")
def recording(tiny_tree):
    return next(r for r in index_dataset(tiny_tree, DatasetConfig()).recordings if r.modalities == MODALITIES)


def everything(figure):
    """All axes of a figure by title, also of its subfigures."""
    return {axes.get_title(): axes for axes in figure.get_axes()}


def said(figure):
    return [text.get_text() for axes in figure.get_axes() for text in axes.texts]


def test_all_five_modalities_are_drawn_raw_and_prepared(recording, tiny_config):
    figure = recording_figure(recording, tiny_config.preparation)
    drawn = figure.get_axes()
    assert sum(len(axes.lines) for axes in drawn) == 4  # waveform and three signals
    assert sum(len(axes.images) for axes in drawn) == 5
    assert said(figure) == []
    line = everything(figure)["ECG"].lines[0]
    seconds, values = line.get_data()
    assert seconds.max() == pytest.approx(4.0, abs=0.1)
    assert np.ptp(values) > 0


def test_thinned_line_keeps_the_peaks(recording, tiny_config):
    """4 s at 16 kHz are more samples than points."""
    from stressid_keras.preprocessing import load_waveform

    waveform = load_waveform(recording.sources["audio"], 16_000)
    values = everything(recording_figure(recording, tiny_config.preparation))["waveform"].lines[0].get_ydata()
    assert len(values) < len(waveform)
    assert (values.min(), values.max()) == (waveform.min(), waveform.max())


def test_absent_and_broken_files_are_said_in_their_place(recording, tiny_config, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    sources = {**recording.sources, "video": broken}
    del sources["audio"]
    figure = recording_figure(dataclasses.replace(recording, sources=sources), tiny_config.preparation)
    assert "there is no file" in said(figure)
    assert any("broken.mp4" in sentence for sentence in said(figure))


def test_window_that_is_not_there_is_refused(recording, tiny_config):
    with pytest.raises(StressIDError, match="has 1 windows; expected a number below that, got 3"):
        recording_figure(recording, tiny_config.preparation, window=3)


def test_augmentation_shows_the_window_and_seeded_changes_of_it(tiny_store):
    windows = {modality: tiny_store.read(0, modality) for modality in ("audio", "ecg")}
    pixels = [
        [
            axes.images[0].get_array()
            for axes in augmentations_figure(windows, AugmentationConfig(), seed).get_axes()
        ]
        for seed in (0, 0, 1)
    ]
    assert len(pixels[0]) == 8
    np.testing.assert_allclose(pixels[0][0], windows["audio"].T / 65535, atol=1e-6)
    for same, again in zip(pixels[0], pixels[1], strict=True):
        np.testing.assert_array_equal(same, again)
    assert not np.array_equal(pixels[0][1], pixels[2][1])
    assert not np.array_equal(pixels[0][1], pixels[0][0])
