"""Rows of the documents that repeat a registry are those of the registry."""

import importlib.util
from pathlib import Path

import pytest

from stressid_keras.evaluation.metrics import METRICS, Metric

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "write_tables.py"


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parents[1] / "recipes"))
    spec = importlib.util.spec_from_file_location("write_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", ["docs/metrics.md", "docs/methods.md", "docs/recipes.md"])
def test_documents_are_up_to_date(tables, document):
    text = (SCRIPT.parents[1] / document).read_text(encoding="utf-8")
    assert tables.written(document) == text, f"{document} differs; run python docs/write_tables.py."


def test_a_new_metric_gets_its_rows(tables, monkeypatch):
    metric = Metric(
        "gain", "gain", 90, "how much", of=float, better="lower", paper="Nobody 2020", nullable=True
    )
    monkeypatch.setitem(METRICS, "gain", metric)
    text = tables.written("docs/metrics.md")
    row = "| `<model>.<split>.gain` | number or null | 0 to 1; lower is better | how much (Nobody 2020) | always |"
    assert row in text
    assert "| `floors.<split>.<floor>_gain` | number or null | 0 to 1 | as of a model | always |" in text


def test_a_new_counted_metric_gets_its_row_of_the_presence_of_files(tables, monkeypatch):
    """As `metrics.json` holds it, for the report's score table asks for every one."""
    metric = Metric("hits", "hits", 90, "how many", of_counts=lambda counts: counts[..., 0, 0], range="≥ 0")
    monkeypatch.setitem(METRICS, "hits", metric)
    text = tables.written("docs/metrics.md")
    assert "| `probes.availability.hits` | number | ≥ 0 | the same | if probed |" in text
