"""Every configuration is described by what the distiller really adds up, and by nothing else."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation import (
    build_distiller,
    describe,
    methods_by_name,
    methods_table,
    with_methods,
)
from stressid_keras.distillation.method_registry import CONTROL

from .conftest import dense_student

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
ALONE = [name for name, each in methods_by_name().items() if each.is_term or name == "cross-entropy"]
BOUND = ("chosen-share", "hearable")  # which change one method alone
TEXTS = (
    *(name if name in ALONE else f"mars+{name}" for name in methods_by_name() if name not in BOUND),
    "generalised+forest+chosen-share",
    "measures+hearable",
    "mars+projection+standardised+logits",
    "mers+logits+confidence",
    "logits+relational+decay",
    "generalised+contrastive+standardised",
)
WORDS = {  # of the loss or of a sentence → name of the method that alone has it
    "MSE(": "mars",
    "MERS": "mers",
    "KL(teacher": "logits",
    "soft label": "generalised",
    "relations": "relational",
    "InfoNCE": "contrastive",
    "linear layer": "projection",
    "hidden layer": "projection-hidden",
    "standardised": "standardised",
    "probability of its label": "confidence",
    "rise linearly": "warm-up",
    "fall linearly": "decay",
    "regression's": "measures",
    "trained without this person": "cross-fit",
    "random forests": "forest",
    "students, each trained": "born-again",
    "exchanged": "permuted",
    "held-out training people": "chosen-share",
    "label is its most likely class": "correct",
    "rank correlation": "agreeing",
    "ridge regression on the audio": "hearable",
}
TERMS = {"MSE(": "mse_", "KL(teacher": "soft_targets", "soft label": "imitation"}
TERMS |= {"relations": "relational", "InfoNCE": "contrastive", "regression": "measures"}


def whole(description):
    return " ".join([description.loss, *description.sentences])


@pytest.mark.parametrize("text", TEXTS)
def test_a_description_names_its_own_methods_and_no_other(text):
    names = set(text.split("+"))
    found = describe(with_methods(text, DistillationConfig()))
    assert set(found.method.split("+")) == names
    if "mers" in names:
        names.add("mars")  # whose terms it has
    assert {name for word, name in WORDS.items() if word in whole(found)} == names - {CONTROL}
    assert {methods_by_name()[name].implementation.paper for name in names - {CONTROL}} == set(found.papers)


@pytest.mark.parametrize("text", TEXTS)
def test_the_terms_of_the_formula_are_those_of_the_distiller(text):
    config = with_methods(text, DistillationConfig(alpha=2.0, gamma=0.0))
    features = {name: np.ones((4, 4), "float32") for name in config.weights} | {
        "logits": np.ones((4, 3), "float32"),
        "eda_measures": np.ones((4, 5), "float32"),
    }
    model = build_distiller(dense_student(), config, features)
    loss = describe(config).loss
    for word, term in TERMS.items():
        trained = [each for each in model.terms if each.name.startswith(term)]
        assert loss.count(word) == len(trained), (word, loss)
    for number, term in zip(re.findall(r"([\d.]+|λ) ×", loss), model.terms, strict=True):
        if number == "λ":  # known when it was chosen
            assert config.imitation_chosen
            assert term.name == "imitation"
        else:
            assert math.isclose(float(number), term.weight)


def test_the_formula_has_the_weights_and_the_modalities_that_have_one():
    assert describe(DistillationConfig(alpha=2.0, beta=0.5, gamma=0.0)).loss == (
        "cross-entropy + 2 × MSE(video) + 0.5 × MSE(ECG) + 1 × MSE(respiration)"
    )
    assert "features of ECG." in whole(
        describe(
            DistillationConfig(alpha=0, beta=0, gamma=0, delta=0, relational=3.0, compared_features=("ecg",))
        )
    )


@pytest.mark.parametrize(
    ("options", "sources"),
    [
        ({}, "the labels and the teacher's features."),
        ({"logits": 1.0}, "the labels, the teacher's features and the teacher's class probabilities."),
        ({"imitation": 1.0}, "from the teacher's features and the teacher's class probabilities."),
        ({"imitation": 1.0, "confidence": True}, "from the labels, the teacher's features"),
    ],
)
def test_what_a_student_learned_from_is_told(options, sources):
    assert sources in describe(DistillationConfig(**options)).learned_from


def test_options_that_change_nothing_are_not_described():
    nothing = DistillationConfig(alpha=0, beta=0, gamma=0, delta=0, projection="linear", confidence=True)
    assert describe(nothing) == describe(with_methods(CONTROL, DistillationConfig()))
    logits = dataclasses.replace(nothing, logits=1.0, standardised=True)
    assert describe(logits).method == "logits+confidence"


def test_weights_are_those_that_can_be_lowered():
    assert describe(with_methods("mars+contrastive", DistillationConfig(delta=0.0))).weights == (
        "alpha",
        "beta",
        "gamma",
        "contrastive",
    )


def test_the_document_has_the_table_of_all_methods_and_the_control():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert methods_table() in text, "run python docs/write_tables.py"
    assert f"`{CONTROL}` is the control" in text


def test_no_two_methods_are_said_to_do_the_same():
    summaries = [method.summary for method in methods_by_name().values()]
    assert len(set(summaries)) == len(summaries)


def test_the_table_has_every_method_with_its_paper():
    for name, method in methods_by_name().items():
        rows = [
            line for line in methods_table().splitlines() if line.startswith((f"| `{name}`", f"| `+{name}`"))
        ]
        assert len(rows) == (name != CONTROL)
        assert all(row.endswith(f"| {method.implementation.after} |") for row in rows)
