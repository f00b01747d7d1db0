"""Configurations survive JSON, and mistakes in them are sentences."""

import dataclasses
import json

import pytest

from stressid_keras.config import (
    LATER,
    AudioConfig,
    AugmentationConfig,
    DatasetConfig,
    DistillationConfig,
    GafConfig,
    PipelineConfig,
    RunConfig,
    StudentConfig,
    TrainingConfig,
    deciding,
    to_dict,
)
from stressid_keras.errors import StressIDError


def test_configuration_survives_json():
    config = RunConfig(
        seed=7,
        dataset=DatasetConfig(label="binary", class_names=("No", "Yes")),
        pipeline=PipelineConfig(augmentation=AugmentationConfig(enabled=False)),
        distillation=DistillationConfig(alpha=10.0),
    )
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_unknown_option_is_refused():
    with pytest.raises(
        StressIDError, match=r"configuration.dataset has no option 'labels'; expected some of"
    ):
        RunConfig.from_dict({"dataset": {"labels": "affect3"}})


def test_value_of_another_type_is_refused():
    with pytest.raises(StressIDError, match=r"configuration.seed is 'one'; expected a whole number"):
        RunConfig.from_dict({"seed": "one"})
    with pytest.raises(StressIDError, match=r"configuration.dataset.class_names is 'ABC'; expected a list"):
        RunConfig.from_dict({"dataset": {"class_names": "ABC"}})
    with pytest.raises(
        StressIDError, match=r"an item of configuration.student.filters is 'a'; expected a whole"
    ):
        RunConfig.from_dict({"student": {"filters": ["a"]}})
    with pytest.raises(StressIDError, match=r"configuration.dataset is 3; expected a table of options"):
        RunConfig.from_dict({"dataset": 3})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DatasetConfig(label="stress"), "label is 'stress'; expected 'affect3' or 'binary'"),
        (lambda: DatasetConfig(class_names=("A", "B")), "2 class names were given; affect3-class has 3"),
        (lambda: DatasetConfig(class_names=("A", "A", "B")), "expected names that differ"),
        (lambda: AudioConfig(hop_length=400), "expected n_fft to be a multiple"),
        (lambda: TrainingConfig(learning_rate=float("nan")), "learning_rate is nan; expected a number from"),
        (lambda: RunConfig(seed=-1), "seed is -1; expected a whole number from 0 to 4,294,967,295"),
        (lambda: RunConfig(student=StudentConfig(feature_size=8)), "256 for the teacher and 8"),
        (lambda: DatasetConfig(teacher_recordings="some"), "expected 'complete' or 'all'"),
        (lambda: GafConfig(method="sum"), "expected 'summation' or 'difference'"),
        (lambda: TrainingConfig(epochs=0), "epochs is 0; expected a whole number from 1"),
        (lambda: PipelineConfig(batch_size=0), "batch_size is 0; expected a whole number from 1"),
        (lambda: DistillationConfig(beta=-1.0), "beta is -1.0; expected a number from 0"),
    ],
)
def test_impossible_value_is_one_sentence(make, message):
    with pytest.raises(StressIDError, match=message) as caught:
        make()
    assert str(caught.value).count(".") <= 3
    assert "\n" not in str(caught.value)


def test_default_names_follow_the_label():
    assert DatasetConfig().names == ("Low", "Medium", "High")
    assert DatasetConfig(class_names=("Neutral", "Stress", "Amusement")).names[1] == "Stress"
    assert len(dataclasses.replace(DatasetConfig(), label="binary").names) == 2


@pytest.mark.parametrize(
    ("distillation", "later", "compared"),
    [
        (DistillationConfig(), {"beta": 0.0}, ("eda",)),
        (DistillationConfig(beta=0.0), {"beta": 2.0}, ("ecg", "eda")),
        (DistillationConfig(compared_features=("video", "ecg")), {"beta": 0.0}, ("ecg",)),
        (DistillationConfig(alpha=0.0, beta=0.0, gamma=0.0, delta=0.0), {}, ("ecg", "eda")),
        (DistillationConfig(beta=0.0, compared_features=("video",)), {}, ("eda",)),
    ],
)
def test_compared_features_follow_the_weights_of_a_teacher_with_fewer_modalities(
    distillation, later, compared
):
    dataset = DatasetConfig(teacher_modalities=("ecg", "eda"))
    config = RunConfig(dataset=dataset, distillation=distillation)
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert dataclasses.replace(config.distillation, **later).compared == compared


def test_an_option_that_came_later_leaves_no_trace_in_a_key_while_it_is_off():
    """What was trained before there was one remains current."""
    off, on = DistillationConfig(logits=2.0), DistillationConfig(logits=2.0, agreeing=True)
    assert to_dict(off)["agreeing"] is False
    assert "agreeing" not in deciding(off)
    assert deciding(on) == deciding(off) | {"agreeing": True}
    whole = deciding(RunConfig(distillation=on))
    assert whole["distillation"] == deciding(on)
    assert whole["dataset"] == RunConfig().to_dict()["dataset"]
    assert whole["pipeline"] | {"distribution": ""} == RunConfig().to_dict()["pipeline"]


def test_the_name_of_an_option_that_came_later_is_that_of_no_other():
    """By its name it is left out of a key: an older option of that name would be, too."""

    def tables(config):
        yield type(config)
        for option in dataclasses.fields(config):
            if dataclasses.is_dataclass(value := getattr(config, option.name)):
                yield from tables(value)

    names = [option.name for table in set(tables(RunConfig())) for option in dataclasses.fields(table)]
    assert {name: names.count(name) for name in LATER} == dict.fromkeys(LATER, 1)
