"""Another kind of data set is a class that says where things are."""

import pytest

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import Recording, index_dataset
from stressid_keras.dataset.adapters import ADAPTERS, Adapter, Contents, adapter
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import prepare_dataset


@pytest.fixture
def flat_folders():
    @adapter
    class FlatFolder(Adapter):
        """Files `<subject>-<task>-<class>.wav` and `.txt` beside each other."""

        name = "flat"

        def recognises(self, path):
            return (path / "FLAT").is_file()

        def read(self, path, config):
            recordings = []
            for sound in sorted(path.glob("*.wav")):
                subject, task, label = sound.stem.split("-")
                sources = {"audio": sound, "ecg": sound.with_suffix(".txt"), "eda": sound.with_suffix(".txt")}
                recordings.append(Recording(f"{subject}_{task}", subject, task, int(label), sources))
            return Contents(
                recordings=tuple(recordings),
                rows=len(recordings),
                class_names=("calm", "tense"),
                label_column="name",
                oddities=(),
                naming="name the files",
            )

    yield
    del ADAPTERS["flat"]


def test_a_name_is_given_to_one_kind():
    class Second(Adapter):
        name = "table"

    with pytest.raises(StressIDError, match="adapter 'table' is registered twice"):
        adapter(Second)


def test_another_kind_of_data_set_goes_the_same_way(flat_folders, tiny_tree, tmp_path):
    folder = tmp_path / "flat"
    folder.mkdir()
    (folder / "FLAT").touch()
    for number, sound in enumerate(sorted((tiny_tree / "Audio").rglob("*.wav"))[:4]):
        subject, task = sound.stem.split("_")
        signals = tiny_tree / "Physiological" / subject / f"{sound.stem}.txt"
        (folder / f"{subject}-{task}-{number % 2}.wav").write_bytes(sound.read_bytes())
        (folder / f"{subject}-{task}-{number % 2}.txt").write_bytes(signals.read_bytes())
    index = index_dataset(folder, DatasetConfig(teacher_modalities=("ecg", "eda")))
    assert index.class_names == ("calm", "tense")
    store = prepare_dataset(index, tmp_path / "prepared", PreparationConfig())
    assert store.complete.sum() == 4
    assert store.class_names == ("calm", "tense")
