"""A search trains what its configuration says, over the weights that its method has, and its result trains the same."""

import dataclasses
import json

import keras_tuner
import pandas as pd
import pytest

from stressid_keras.config import DistillationConfig, RunConfig, to_dict
from stressid_keras.distillation import methods_by_name, with_methods
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import read_json
from stressid_keras.studies.tuning import chosen_config, search
from stressid_keras.workflow import Run

pytestmark = pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")  # of keras-tuner
OF_EVERY_STUDENT = {"width", "dropout", "learning_rate"}
OF_MARS = {"alpha_video", "beta_ecg", "gamma_eda", "delta_rr"}
OF_OTHERS = {
    "logits": "logits",
    "generalised": "imitation",
    "relational": "relational",
    "contrastive": "contrastive",
    "measures": "measures",
}
TERMS = {
    "logits": {"soft_targets"},
    "mers+contrastive": {"mse_video", "mse_ecg", "contrastive"},
}
HISTORIES = "tuning/random-*/trial*/history_student.csv"
TERM_COLUMNS = ("mse_", "soft_targets", "imitation", "relational", "contrastive")


def opened(config):
    space = keras_tuner.HyperParameters()
    chosen_config(config, space)
    return space


@pytest.mark.parametrize("name", [name for name in methods_by_name() if name != "chosen-share"])
def test_a_search_is_over_the_weights_that_the_method_has(name):
    text = name if methods_by_name()[name].is_term or name == "cross-entropy" else f"mars+{name}"
    own = {OF_OTHERS[name]} if name in OF_OTHERS else OF_MARS if name != "cross-entropy" else set()
    space = opened(RunConfig(distillation=with_methods(text, DistillationConfig())))
    assert set(space.values) == OF_EVERY_STUDENT | own


def test_a_share_that_is_chosen_otherwise_is_not_searched():
    assert set(opened(RunConfig()).values) == OF_EVERY_STUDENT


def test_a_weight_of_0_stays_0_and_others_are_searched_about_the_configurations():
    config = RunConfig(
        distillation=DistillationConfig(alpha=3.0, beta=0.0, gamma=0.0, delta=0.0, relational=25.0)
    )
    space = opened(config)
    assert set(space.values) == OF_EVERY_STUDENT | {"alpha_video", "relational"}
    assert chosen_config(config, space) == config  # the defaults are the configuration's own
    ranges = {
        hp.name: (hp.min_value, hp.max_value)
        for hp in space.space
        if hp.name in ("alpha_video", "relational")
    }
    assert ranges == {"alpha_video": (0.03, 300.0), "relational": (0.25, 2500.0)}


@pytest.fixture(scope="module")
def make_run(tiny_tree, tiny_store, tiny_config, tmp_path_factory):
    """make_run(distillation) → a run; all in one folder, with one teacher."""
    folder = tmp_path_factory.mktemp("tuning")

    def make(config):
        return Run(tiny_tree, tiny_store.path, folder, config)

    def make_of(text):
        base = DistillationConfig(gamma=0.0, delta=0.0)
        return make(dataclasses.replace(tiny_config, distillation=with_methods(text, base)))

    make_of.config = make
    return make_of


@pytest.mark.parametrize("text", TERMS)
def test_a_trial_trains_with_the_methods_terms_and_its_configuration_trains_the_same(make_run, text):
    run = make_run(text)
    others = set(run.output_dir.glob(HISTORIES))
    best, trials = search(run.context, 1, "random")
    (history,) = set(run.output_dir.glob(HISTORIES)) - others
    trained = pd.read_csv(history)
    assert {name for name in trained if name.startswith(TERM_COLUMNS)} == TERMS[text]
    record = read_json(history.with_name("student.json"))
    assert record["inputs"]["distillation"] == to_dict(best.distillation)
    assert record["inputs"]["network"] == to_dict(best.student)
    assert trials[0]["score"] == pytest.approx(trained["val_uar"].max())
    kept = RunConfig.from_dict(json.loads(json.dumps(best.to_dict())))  # as tuned.json keeps it
    again = make_run.config(kept).student().with_name("history_student.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again), trained, check_exact=True)


def test_a_search_goes_on_where_it_stopped_and_counts_every_trial_once(make_run):
    run, calls = make_run("logits"), []
    search(run.context, 1, "random")
    best, trials = search(run.context, 2, "random", lambda *call: calls.append(call))
    assert [done for done, _ in calls] == [2]
    assert len(trials) == 2
    assert trials[0]["score"] >= trials[1]["score"]
    assert best.distillation.logits == trials[0]["logits"]


def test_a_search_of_no_trials_is_refused(make_run):
    with pytest.raises(StressIDError, match="trials is 0; expected 1 or more"):
        search(make_run("mars").context, 0)
