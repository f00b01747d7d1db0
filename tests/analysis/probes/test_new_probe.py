"""A probe that is registered is run, and what it says and shows stands in findings, tables, report and card."""

import numpy as np
import pandas as pd
import pytest

from stressid_keras.analysis.probes import (
    PROBES,
    Probe,
    ProbeInputs,
    ProbeTable,
    Windows,
    findings,
    run_probes,
)
from stressid_keras.config import RunConfig
from stressid_keras.modalities import MODALITIES
from stressid_keras.reporting.model_card import write_model_card
from stressid_keras.reporting.tables import score_rows

from ...scored_run import (  # noqa: F401  fixtures
    class_names,
    evidence,
    histories,
    manifest,
    predict,
    rewrite,
    run,
    split,
)


class Loudness(Probe):
    """Whether the loudest person is known by the loudness."""

    name, place, gravity = "loudness", 15, 5
    floor = ("n_asked", "loud window")

    def run(self, inputs):
        loudest = inputs.subjects[inputs.measures["audio_level"].argmax()]
        scores = dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"), 0.96875)
        return {**scores, "macro_f1_interval": [0.9375, 1.0], "loudest": loudest, "n_asked": inputs.seed}

    def findings(self, metrics):
        if found := (metrics.get("probes") or {}).get(self.name):
            yield f"{found['loudest']} is the loudest person."

    def table(self, found):
        rows = [("of all", found["accuracy"], found["macro_f1_interval"], None)]
        return ProbeTable(
            "Who is loud?", 15, "Loud & clear.", ("", "share", "interval", "more"), rows, "loud"
        )

    def caveat(self, found):
        return "One person is louder than the others."

    def subjects_named(self, found):
        return {found["loudest"]}


@pytest.fixture
def loudness(monkeypatch):
    monkeypatch.setitem(PROBES, "loudness", Loudness())


@pytest.fixture
def inputs(manifest):  # noqa: F811
    """What a workflow gives, of nine people."""
    rng = np.random.default_rng(0)
    people = manifest["subject"].to_numpy(), manifest["recording"].to_numpy()
    measures = pd.DataFrame(
        rng.normal(size=(len(manifest), 3)), columns=["audio_level", "audio_pitch", "ecg_rate"]
    )
    measures.loc[people[0] == "2e45", "audio_level"] += 10
    subjects = sorted(set(people[0]))
    return ProbeInputs(
        availability=manifest[["recording", "subject", "task", "label"]].assign(
            **dict.fromkeys(MODALITIES, True)
        ),
        failures=None,
        folds=[(subjects[:6], subjects[6:])],
        class_names=("Low", "Medium", "High"),
        seed=7,
        unseen={"student": [Windows(rng.normal(size=(len(manifest), 4)), *people)]},
        measures=measures,
        measure_groups={"audio": ["audio_level", "audio_pitch"], "physiology": []},
        subjects=people[0],
        recordings=people[1],
    )


@pytest.fixture
def metrics(loudness, inputs, run):  # noqa: F811
    """Of a run, with every probe."""
    metrics = {**run[2], "probes": run_probes(inputs)}
    return metrics | {"findings": findings(metrics)}


def test_its_result_stands_among_the_others(metrics):
    assert list(metrics["probes"]) == ["availability", "loudness", "identity", "duplicates"]
    assert metrics["probes"]["loudness"]["loudest"] == "2e45"
    assert list(metrics["probes"]["identity"]) == ["student", "audio_features"]


def test_its_finding_comes_at_its_gravity(metrics):
    assert metrics["findings"][0] == "2e45 is the loudest person."
    assert len(metrics["findings"]) > 1


def test_its_score_is_a_floor(metrics):
    row = next(row for row in score_rows(metrics) if row[0] == "floor: loudness (of 7 loud windows)")
    assert row[3:5] == ("0.969", "[0.938, 1.000]")


def test_the_report_shows_its_table_between_those_of_others(metrics, rewrite):  # noqa: F811
    source = rewrite(metrics=metrics)
    assert "<li>2e45 is the loudest person.</li>" in source
    assert "<h2>Who is loud?</h2>\n<p>Loud &amp; clear.</p>" in source
    assert "<td>of all</td><td>0.969</td><td>[0.938, 1.000]</td><td>-</td>" in source
    places = [
        source.index(f"<h2>{title}")
        for title in ("Does it know the person?", "Who is loud?", "Does the presence")
    ]
    assert places == sorted(places)


def test_the_card_says_it_and_names_nobody(metrics, tmp_path):
    write_model_card(
        tmp_path / "card.md",
        metrics=metrics,
        config=RunConfig().to_dict(),
        versions={},
        class_names=("Low", "Medium", "High"),
        data_name="tree",
    )
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "- (a subject) is the loudest person." in text
    assert "- One person is louder than the others." in text
    assert "| floor: loudness (of 7 loud windows) |" in text
    assert "the highest floor (loudness, 0.969)" in text
    assert "2e45" not in text
