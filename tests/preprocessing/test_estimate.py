"""The size that is announced before the work is that of the store."""

import pytest

from stressid_keras.config import PreparationConfig
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.summary import quality_table


@pytest.mark.parametrize(
    "config", [PreparationConfig(), PreparationConfig(window_seconds=1, hop_seconds=0.5)]
)
def test_the_estimate_is_near_the_size(index, tmp_path, config):
    announced = []
    store = prepare_dataset(index, tmp_path / "prepared", config, announce=announced.append)
    assert announced == [pytest.approx(store.nbytes, rel=0.1)]
    prepare_dataset(index, tmp_path / "prepared", config, announce=announced.append)
    assert len(announced) == 1, "there was nothing to do"


def test_unusable_files_do_not_disturb_the_estimate(index, tmp_path):
    for path in index.recordings[0].sources.values():
        path.write_bytes(b"")
    announced = []
    store = prepare_dataset(index, tmp_path / "prepared", PreparationConfig(), announce=announced.append)
    assert announced == [pytest.approx(store.nbytes, rel=0.1)]


def test_the_table_shows_the_worst_and_the_refused(index, tmp_path):
    index.recordings[0].sources["audio"].write_bytes(b"")
    table = quality_table(prepare_dataset(index, tmp_path / "prepared", PreparationConfig())).splitlines()
    assert len(table) == 6
    assert table[1].split()[:4] == ["audio", "3", "2.0", "1"]
    assert "dropped frames 0" in table[2]
