"""The text for a paper holds the numbers of the run and what is cited in it, and names nobody."""

import dataclasses
import re

import pandas as pd
import pytest

from stressid_keras.config import DistillationConfig, RunConfig
from stressid_keras.distillation import describe, with_methods
from stressid_keras.evaluation import score_folds
from stressid_keras.reporting.methods_text import write_methods_text
from stressid_keras.training.network_size import count_weights

from ..scored_run import PARTS


@pytest.fixture
def written(tmp_path, evidence):
    def written(generated=False, **changes):
        write_methods_text(tmp_path / "methods.md", dataclasses.replace(evidence, **changes), generated)
        return (tmp_path / "methods.md").read_text(encoding="utf-8")

    return written


def test_people_windows_parts_seed_networks_and_intervals_are_those_of_the_run(written, run):
    config = RunConfig().to_dict()
    method = vars(describe(with_methods("generalised+forest", DistillationConfig())))
    text = written(
        config=config, metrics={**run[2], "method": method}, network_sizes={"student": 12_345, "teacher": 678}
    )
    assert "The data are tree: 9 people, 36 recordings and 36 windows (" in text
    assert "training 4 people, 16 windows (Low " in text
    assert "test 3 people, 12 windows (Low " in text
    assert "divided once, seed 0" in text
    assert "The student has 12,345 weights and the teacher has 678 weights" in text
    assert "hold 95%" in text
    assert "1,000 resamples" in text
    assert "learning rate 0.0" in text
    body, references = text.split("## References")
    listed = re.findall(r"^(\d+)\. (.*)", references, re.MULTILINE)
    assert {number for found in re.findall(r"\[([\d, ]+)\]", body) for number in found.split(", ")} == {
        number for number, _ in listed
    }
    cited = " ".join(entry for _, entry in listed)
    assert all(name in cited for name in ("Lopez-Paz", "Breiman", "Wan", "Hesterberg", "Guo"))
    assert "StressID" not in cited
    assert not any(subject in text for part in PARTS.values() for subject in part)


def test_folds_and_seeds_of_a_cross_validation_are_told(written, run, split):
    test = run[0][run[0]["split"] == "test"]
    places = [(repeat, fold) for repeat in range(2) for fold in range(3)]
    tables = [
        test[test["subject"] == PARTS["test"][fold]].assign(repeat=repeat, fold=fold)
        for repeat, fold in places
    ]
    predictions = pd.concat(tables, ignore_index=True)
    train = pd.concat([run[1].assign(repeat=repeat, fold=fold) for repeat, fold in places])
    text = written(
        predictions=predictions,
        metrics=score_folds(predictions, train, ("Low", "Medium", "High"), 0),
        splits=[{**split, "repeat": repeat, "fold": fold} for repeat, fold in places],
    )
    assert "3 people, 12 recordings and 12 windows" in text
    assert "seeds 0 to 1" in text
    assert (
        "6 trainings of each network, with 4 people in training, 2 people in validation, 3 people in test"
        in text
    )


def test_the_data_set_is_cited_by_its_name_and_a_sample_called_what_it_is(written):
    assert re.search(r"StressID \[1\].*\n1\. H\. Chaptoukaev", written(data_name="StressID"), re.DOTALL)
    assert "no person was recorded" not in written()
    assert "no person was recorded" in written(generated=True)


def test_weights_are_counted_without_the_network(tmp_path):
    import keras

    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dropout(0.5, seed=1)])
    network.save(tmp_path / "network.keras")
    assert count_weights(tmp_path / "network.keras") == 3 * 2 + 2
    (tmp_path / "text.keras").write_text("none")
    assert count_weights(tmp_path / "text.keras") is count_weights(tmp_path / "missing.keras") is None
