import numpy as np
import pytest

from stressid_keras.reporting.band_summary import summarise_bands


def test_summary_is_the_mean_within_an_interval_over_subjects():
    rng = np.random.default_rng(0)
    subjects = np.repeat([f"s{i}" for i in range(12)], 5)
    importances = np.array([0.0, 0.3]) + rng.normal(scale=0.05, size=(12, 2)).repeat(5, axis=0)
    table = summarise_bands(importances, subjects)
    assert table["importance"].to_numpy() == pytest.approx(importances.mean(axis=0))
    assert (table["low"] < table["importance"]).all()
    assert (table["importance"] < table["high"]).all()
    assert table["high"][0] < 0.15 < table["low"][1]
    shuffled = rng.permutation(60)
    again = summarise_bands(importances[shuffled], subjects[shuffled])
    assert again.to_numpy() == pytest.approx(table.to_numpy())
    alone = summarise_bands(importances, ["s0"] * 60)
    assert alone[["low", "high"]].isna().all(axis=None)
