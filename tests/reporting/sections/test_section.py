"""A section that is registered stands in the report, at its place."""

import pytest

from stressid_keras.reporting.page import element
from stressid_keras.reporting.sections import SECTIONS, Section


@pytest.fixture
def add(monkeypatch):
    """add(place, pieces) → a section called Weather is registered for this test."""

    def add(place, pieces):
        monkeypatch.setitem(SECTIONS, "weather", Section("weather", "Weather & wind", place, pieces))

    return add


def test_it_stands_at_its_place_under_its_title(add, rewrite):
    add(105, lambda evidence: [element("p", f"It rained on {evidence.data_name}.")])
    source = rewrite()
    heading = source.index("<h2>Weather &amp; wind</h2>\n<p>It rained on tree.</p>")
    assert source.index("<h2>Test subjects one by one</h2>") < heading < source.index("<h2>Training</h2>")


def test_one_with_nothing_to_show_leaves_no_heading(add, rewrite):
    before = rewrite()
    add(105, lambda evidence: None)
    assert rewrite() == before


def test_every_title_stands_once(rewrite):
    source = rewrite()
    assert source.count("<h2>Split by subject</h2>") == 1
    assert "<h2>Folds by subject</h2>" not in source
    places = [source.find(f"<h2>{section.title}</h2>") for section in SECTIONS.ordered() if section.title]
    shown = [place for place in places if place >= 0]
    assert shown == sorted(shown)
