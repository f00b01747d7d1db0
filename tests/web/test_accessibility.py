"""The page for everybody: axe finds nothing, in either scheme, on a desk and on a phone; nothing is cut off."""

import json
import re

import numpy as np
import pytest
import soundfile

from ..small_export import CLASS_NAMES, RATE, speech
from .conftest import WEB
from .page_driver import SECONDS, downloaded, shown

VIEWS = [(width, scheme) for width in (1280, 380) for scheme in ("light", "dark")]
AXE = (
    "async () => { const { passes, violations } = await axe.run();"
    "return [passes.length, violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])]; }"
)
RULES = 30  # that axe checks on this page at least


@pytest.fixture(scope="module")
def axe_page(serve, open_page, model):
    """The page with the sample's student, and axe beside it."""
    page = open_page(serve(model, "--sample")[0])
    page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())
    yield page
    assert page.said == []


def check(page, views=VIEWS):
    for width, scheme in views:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth") == width, (width, scheme)
        passed, violations = page.evaluate(AXE)
        assert passed > RULES
        assert violations == [], f"{width} {scheme} {json.dumps(violations, indent=1)}"


def test_axe_finds_nothing_in_any_state_of_the_page(axe_page, model, tmp_path):
    page = axe_page
    assert "Synthetic sample, not for use" in page.inner_text("#sample-notice")
    assert "synthetic_sample_not_for_use.tflite" in page.inner_text("#model")
    check(page, VIEWS[:1])
    good, bad = tmp_path / f"{'a_long_name_' * 8}.wav", tmp_path / "bad.wav"
    soundfile.write(good, speech(5.0), RATE)
    bad.write_bytes(b"RIFF")
    page.set_input_files("#recording-file", [good, bad])
    page.locator("#status", has_text="Done").wait_for()
    page.click("#files-body button")
    page.locator("#table-body tr").first.wait_for(state="attached")
    page.click("summary")
    page.set_input_files("#model-file", model)  # which somebody chose
    page.locator("#sample-notice").wait_for(state="hidden")
    page.locator("#status", has_text="Done").wait_for()
    page.click("#files-body button")
    page.locator("#table-body tr").first.wait_for(state="attached")
    page.set_input_files("#model-file", bad)
    page.locator("#error", has_text="is not a TFLite model").wait_for()
    assert page.locator("#files").is_visible()
    check(page)


def test_the_microphone_shows_level_window_and_history_and_pauses(axe_page):
    page = axe_page
    page.click("#microphone")
    page.locator("#history li").first.wait_for(timeout=SECONDS * 1000)
    assert page.locator("#history").get_attribute("start") == "1"
    assert re.match(r"0\.0–2\.0 s: (Low|Medium|High) ", page.locator("#history li").first.inner_text())
    assert page.inner_text("#current") == "1.0–3.0 s"
    assert page.locator("#current-bars li").count() == len(CLASS_NAMES)
    assert -60 < page.locator("#level").evaluate("meter => meter.value") <= 0
    assert "is the most likely" in page.inner_text("#status")

    page.click("#pause")
    assert page.inner_text("#level-text") == "paused"
    check(page, [VIEWS[0], VIEWS[-1]])
    before = page.inner_text("#filling-text")
    assert page.inner_text("#filling-text") == before  # nothing more was heard
    page.click("#pause")
    page.wait_for_function(
        "before => document.getElementById('filling-text').textContent !== before", arg=before
    )
    page.click("#microphone")
    page.locator("#status", has_text="Stopped").wait_for()
    assert page.inner_text("#microphone") == "Use the microphone"
    assert "Microphone, " in page.inner_text("#summary")
    assert page.locator("#live").is_hidden()
    assert page.locator("#pause").is_hidden()
    windows = downloaded(page, "#windows-download", "windows.csv")
    assert {line["file"] for line in windows} == {"Microphone"}
    np.testing.assert_array_equal(
        [[float(line[name]) for name in CLASS_NAMES] for line in windows], shown(page)
    )
    np.testing.assert_allclose(shown(page).sum(axis=1), 1, atol=1e-5)
