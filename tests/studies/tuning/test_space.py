"""What a search may change, and that its defaults are the configuration's own."""

import dataclasses

import keras_tuner
import pytest

from stressid_keras.config import (
    AugmentationConfig,
    DatasetConfig,
    DistillationConfig,
    PipelineConfig,
    RunConfig,
    StudentConfig,
    TeacherConfig,
)
from stressid_keras.distillation import methods_by_name, with_methods
from stressid_keras.errors import StressIDError
from stressid_keras.studies.tuning import chosen_config, dimensions
from stressid_keras.studies.tuning.space import strengthened

OF_EVERY_STUDENT = {"dropout", "learning_rate", "weight_decay"}
OF_MARS = {"alpha_video", "beta_ecg", "gamma_eda", "delta_rr"}
OF_OTHERS = {
    "logits": "logits",
    "generalised": "imitation",
    "relational": "relational",
    "contrastive": "contrastive",
    "measures": "measures",
    "hearable": "measures",
}


def opened(config, *arguments):
    space = keras_tuner.HyperParameters()
    chosen_config(config, space, *arguments)
    return space


@pytest.mark.parametrize("name", [name for name in methods_by_name() if name != "chosen-share"])
def test_a_search_is_over_the_weights_that_the_method_has(name):
    alone = methods_by_name()[name].is_term or name == "cross-entropy"
    text = name if alone else f"{'measures' if name == 'hearable' else 'mars'}+{name}"
    own = OF_MARS if name != "cross-entropy" else set()
    if name in OF_OTHERS:
        own = {OF_OTHERS[name]}
    space = opened(RunConfig(distillation=with_methods(text, DistillationConfig())))
    assert set(space.values) == OF_EVERY_STUDENT | own


def test_a_share_that_is_chosen_otherwise_is_not_searched():
    assert set(opened(RunConfig()).values) == OF_EVERY_STUDENT


def test_a_weight_of_0_stays_0_and_others_are_searched_about_the_configurations():
    config = RunConfig(
        student=StudentConfig(backbone="cnn"),
        distillation=DistillationConfig(alpha=3.0, beta=0.0, gamma=0.0, delta=0.0, relational=25.0),
    )
    space = opened(config)
    assert set(space.values) == OF_EVERY_STUDENT | {"alpha_video", "relational", "width"}
    assert chosen_config(config, space) == config
    ranges = {
        hp.name: (hp.min_value, hp.max_value)
        for hp in space.space
        if hp.name in ("alpha_video", "relational")
    }
    assert ranges == {"alpha_video": (0.03, 300.0), "relational": (0.25, 2500.0)}


@pytest.mark.parametrize("network", ["student", "teacher"])
def test_all_dimensions_at_their_defaults_are_the_configuration_as_it_was(network):
    config = RunConfig(student=StudentConfig(backbone="separable"))
    methods = ("generalised+forest+chosen-share", "mars")
    space = opened(config, network, dimensions(network), methods)
    assert chosen_config(config, space, network, dimensions(network), methods) == config


def test_each_dimension_changes_something():
    config = RunConfig(student=StudentConfig(backbone="cnn"))
    for network in ("student", "teacher"):
        for name in dimensions(network):
            asked = (network, (name,), ("mars", "generalised"))
            if name == "weights":
                continue  # of the default method there are none
            space = opened(config, *asked)
            for hp in space.space:
                other = next((v for v in getattr(hp, "values", ()) if v != hp.default), None)
                space.values[hp.name] = hp.min_value if other is None else other
            assert chosen_config(config, space, *asked) != config, name


def test_what_a_speech_student_does_not_have_is_not_searched_for_it():
    names = ("backbone", "width", "log_mel")
    config = RunConfig()
    space = opened(config, "student", names)
    space.values["backbone"] = "speech"
    assert chosen_config(config, space, "student", names) == config
    assert set(opened(config, "student", ("width", "log_mel")).values) == set()
    space.values |= {"backbone": "cnn", "width": 2.0, "n_mels": 64, "hop_length": 256}
    chosen = chosen_config(config, space, "student", names)
    assert (chosen.student.backbone, chosen.student.width) == ("cnn", 2.0)
    assert (chosen.preparation.audio.n_mels, chosen.preparation.audio.hop_length) == (64, 256)


def test_each_method_has_weights_of_its_own():
    methods = ("mars", "generalised+born-again", "cross-entropy")
    config = RunConfig()
    space = opened(config, "student", ("method", "weights"), methods)
    assert {hp.name for hp in space.space} == {"method", "imitation", *OF_MARS}
    space.values = {"method": "generalised+born-again", "imitation": 0.2}
    found = chosen_config(config, space, "student", ("method", "weights"), methods).distillation
    assert found == dataclasses.replace(
        with_methods("generalised+born-again", config.distillation), imitation=0.2
    )
    space.values = {"method": "cross-entropy"}
    found = chosen_config(config, space, "student", ("method", "weights"), methods).distillation
    assert found == with_methods("cross-entropy", config.distillation)


def test_a_teacher_of_other_widths():
    config = RunConfig(teacher=TeacherConfig(video_filters=(4, 8), signal_filters=(3,)))
    space = opened(config, "teacher", ("width",))
    space.values["width"] = 0.5
    teacher = chosen_config(config, space, "teacher", ("width",)).teacher
    assert (teacher.video_filters, teacher.signal_filters) == ((2, 4), (2,))


def test_augmentation_grows_with_its_strength():
    config = AugmentationConfig()
    assert strengthened(config, 1.0) == config
    assert not strengthened(config, 0.0).enabled
    weak, strong = strengthened(config, 0.5), strengthened(config, 1.5)
    for name in ("time_mask_share", "frequency_mask_bands", "colour_scale", "colour_shift"):
        assert getattr(weak, name) < getattr(config, name) < getattr(strong, name)
    assert strong.gaf_crop < config.gaf_crop < weak.gaf_crop
    assert strengthened(config, 50.0).time_mask_share == 1.0


def test_what_cannot_be_searched_is_named():
    with pytest.raises(
        StressIDError, match="gaf is nothing to search of a student; expected some of learning_rate"
    ):
        opened(RunConfig(), "student", ("gaf",))
    with pytest.raises(StressIDError, match="expected some, such as --methods mars"):
        opened(RunConfig(), "student", ("method",))


def test_what_the_configuration_has_can_be_chosen_though_it_is_no_usual_value():
    config = RunConfig(
        pipeline=PipelineConfig(batch_size=12), distillation=DistillationConfig(cross_fit_parts=3)
    )
    names = ("batch_size", "cross_fitting")
    assert chosen_config(config, opened(config, "student", names), "student", names) == config


def test_a_method_that_the_configuration_has_is_what_the_search_begins_with():
    config = RunConfig(distillation=with_methods("mars", DistillationConfig()))
    space = opened(config, "student", ("method",), ("cross-entropy", "mars"))
    assert space.values["method"] == "mars"
    assert chosen_config(config, space, "student", ("method",), ("cross-entropy", "mars")) == config


def test_a_teacher_that_hears_keeps_its_measures():
    config = RunConfig(dataset=DatasetConfig(teacher_modalities=("ecg", "audio")))
    (measures,) = opened(config, "teacher", ("measures",)).space
    assert measures.values == ["person", "window"]
