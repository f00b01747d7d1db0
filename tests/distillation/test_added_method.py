"""A method that is added in one file, here, is named, built, trained, described, searched and kept like any other."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated

import keras
import keras_tuner
import numpy as np
import pytest
from keras import ops

from stressid_keras.config import DistillationConfig, RunConfig, Weight, to_dict
from stressid_keras.distillation import (
    build_distiller,
    describe,
    methods_by_name,
    methods_table,
    with_methods,
)
from stressid_keras.distillation.method_registry import method, unregister
from stressid_keras.distillation.term import Term, listed, spoken
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register
from stressid_keras.ranges import Range
from stressid_keras.studies.tuning import chosen_config

WIDTHS = {"video": 4, "ecg": 4, "eda": 4, "rr": 4}


@dataclass(frozen=True)
class Options(DistillationConfig):
    cosine: Weight = 0.0  # of the term
    cosine_margin: Annotated[float, Range(0, 2)] = 0.25


@register
class Cosine(Term):
    """One minus a learnt multiple of the cosine between the student's feature and each of the teacher's.

    Nobody, "Nothing", 2024.
    """

    paper = "Nobody, “Nothing”, 2024"
    after = "Nobody, 2024"
    has_weights = True

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.cosine, options.cosine_margin, options.compared)]}

    @staticmethod
    def formula(options):
        return f"{options.cosine:g} × cosine loss"

    @staticmethod
    def sentence(options):
        features = listed(map(spoken, options.compared))
        return f"The cosine loss compares with {features}, beyond a margin of {options.cosine_margin:g}."

    def __init__(self, weight=1.0, margin=0.25, features=(), **kwargs):
        super().__init__(weight, **{"name": "cosine", **kwargs})
        self.margin, self.features = margin, tuple(features)

    def compared(self, teacher):
        return self.features

    def prepare(self, student, teacher):
        self.scale = self.add_weight((), "ones", name="scale")
        super().prepare(student, teacher)

    def values(self, student, teacher, labels):
        found = ops.normalize(student["feature"])
        cosines = [ops.sum(found * ops.normalize(teacher[name]), axis=-1) for name in self.features]
        return ops.relu(1.0 - self.scale * sum(cosines) / len(cosines) - self.margin)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "features": self.features}


@pytest.fixture(autouse=True)
def added():
    method("cosine", {"cosine": 1.0}, Options)(Cosine)
    yield
    unregister("cosine")


def test_it_is_named_beside_the_others():
    assert list(methods_by_name())[-1] == "cosine"
    assert with_methods("mars+cosine", DistillationConfig()).added == {"cosine": 1.0}
    chosen = DistillationConfig(added={"cosine": 3.0, "cosine_margin": 0.5})
    assert with_methods("cosine", chosen).added == chosen.added
    assert with_methods("mars", chosen).added == {"cosine_margin": 0.5}
    with pytest.raises(StressIDError, match=r"expected some of cross-entropy, .*decay, cosine, joined"):
        with_methods("cosinus", DistillationConfig())
    with pytest.raises(StressIDError, match=r"expected one of .*measures, cosine among them"):
        with_methods("confidence", DistillationConfig())


def test_a_weight_may_be_declared_as_a_whole_number():
    unregister("cosine")
    method("cosine", {"cosine": 1}, Options)(Cosine)
    assert methods_by_name()["cosine"].weights == ("cosine",)
    chosen = with_methods("mars+cosine", DistillationConfig(added={"cosine": 3}))
    assert chosen.added == {"cosine": 3}
    assert describe(chosen).method == "mars+cosine"
    assert "cosine" in describe(chosen).weights


def test_it_trains_with_a_weight_of_its_own_and_is_saved(student, batch, tmp_path):
    x, y = batch(widths=WIDTHS)
    base = DistillationConfig(alpha=0.0, added={"cosine_margin": 0.5})
    model = build_distiller(student(), with_methods("mars+cosine", base), x["teacher_features"])
    (term,) = [each for each in model.terms if each.name == "cosine"]
    assert (term.weight, term.margin, term.features) == (1.0, 0.5, ("ecg", "eda", "rr"))
    model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(x, y, batch_size=len(y), epochs=1, verbose=0).history
    assert history["cosine"][0] > 0
    assert float(ops.convert_to_numpy(term.scale)) != 1.0
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras", safe_mode=True)
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_what_changes_other_methods_changes_it_too(student, batch):
    x, y = batch(widths=WIDTHS)
    config = with_methods("cosine+standardised+confidence+warm-up", DistillationConfig())
    model = build_distiller(student(), config, x["teacher_features"])
    assert set(model.standardizations) == set(WIDTHS)
    model.compile("sgd")
    assert np.isfinite(model.fit(x, y, epochs=2, verbose=0).history["cosine"]).all()
    assert describe(config).method == "confidence+standardised+warm-up+cosine"


def test_it_is_described_to_readers():
    config = with_methods("mars+cosine", DistillationConfig(gamma=0.0, delta=0.0))
    found = describe(config)
    assert found.method == "mars+cosine"
    assert found.loss.endswith("+ 1 × MSE(ECG) + 1 × cosine loss")
    assert "The cosine loss compares with video and ECG, beyond a margin of 0.25." in found.sentences
    assert found.weights == ("alpha", "beta", "cosine")
    assert Cosine.paper in found.papers
    assert "| `cosine` | One minus a learnt multiple" in methods_table()
    alone = describe(with_methods("cosine", DistillationConfig()))
    assert alone.learned_from.endswith("from the labels and the teacher's features.")


def test_a_search_is_over_its_weight_within_its_range():
    base = DistillationConfig(added={"cosine": 50_000.0})
    config = RunConfig(distillation=with_methods("cosine", base))
    space = keras_tuner.HyperParameters()
    assert chosen_config(config, space) == config
    (weight,) = [each for each in space.space if each.name == "cosine"]
    assert (weight.min_value, weight.max_value) == (500.0, 1_000_000)
    space.values["cosine"] = 700.0
    assert chosen_config(config, space).distillation.added == {"cosine": 700.0}


def test_its_options_are_kept_as_json_and_others_look_as_before():
    config = RunConfig(distillation=with_methods("mars+cosine", DistillationConfig()))
    kept = json.loads(json.dumps(config.to_dict()))
    assert kept["distillation"]["added"] == {"cosine": 1.0}
    assert RunConfig.from_dict(kept) == config
    assert hash(RunConfig.from_dict(kept)) == hash(config)
    assert "added" not in to_dict(DistillationConfig())


def test_options_are_a_copy():
    given = {"cosine": 1.0}
    config = DistillationConfig(added=given)
    given["cosine"] = 2.0
    assert config.added == {"cosine": 1.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cosin": 1.0}, "has no option 'cosin'; expected some of cosine, cosine_margin."),
        ({"logits": 1.0}, "has no option 'logits'; expected some of cosine, cosine_margin."),
        ({"cosine": -1.0}, "cosine is -1.0; expected a number from 0 to 1,000,000."),
        ({"cosine_margin": "wide"}, "cosine_margin is 'wide'; expected a number from 0 to 2."),
    ],
)
def test_wrong_options_are_refused_wherever_the_method_is_used(student, options, message):
    config = DistillationConfig(added=options)
    for use in (
        lambda: with_methods("mars", config),
        lambda: build_distiller(student(), config),
        lambda: describe(config),
    ):
        with pytest.raises(StressIDError, match=message):
            use()


@pytest.mark.parametrize("options", [["cosine"], {1: 1.0}])
def test_options_are_a_table(options):
    with pytest.raises(StressIDError, match=r"added is .*; expected a table of options by name\."):
        DistillationConfig(added=options)


def test_without_its_file_its_options_are_refused():
    config = with_methods("cosine", DistillationConfig())
    unregister("cosine")
    with pytest.raises(StressIDError, match="'cosine'; expected none, for no method has options of its own"):
        describe(config)
    method("cosine", {"cosine": 1.0}, Options)(Cosine)


def test_methods_that_clash_are_refused():
    @dataclass(frozen=True)
    class Others(DistillationConfig):
        cosine: Weight = 0.0

    with pytest.raises(StressIDError, match="'cosine' is there already"):
        method("cosine", {"cosine": 1.0}, Options)(Cosine)
    with pytest.raises(StressIDError, match="'cosine' and 'other' both declare 'cosine'"):
        method("other", {"cosine": 1.0}, Others)(Cosine)
    with pytest.raises(StressIDError, match="'other' sets 'cosine'; expected options of"):
        method("other", {"cosine": 1.0})(Cosine)
    assert "other" not in methods_by_name()


def test_two_methods_do_not_set_one_argument_of_the_distiller(student):
    class Steps:
        """Raises the weights of all terms in steps."""

        arguments = staticmethod(lambda options: {"schedule": lambda epoch, epochs: 1.0})

    @dataclass(frozen=True)
    class Stepped(DistillationConfig):
        stepped: bool = False

    method("stepped", {"stepped": True}, Stepped, changes="terms")(Steps)
    try:
        config = with_methods("mars+warm-up+stepped", DistillationConfig())
        with pytest.raises(StressIDError, match="method 'stepped' and another one both set schedule"):
            build_distiller(student(), config)
        alone = dataclasses.replace(config, schedule="constant")
        assert build_distiller(student(), alone).schedule(0, 1) == 1.0
    finally:
        unregister("stepped")
