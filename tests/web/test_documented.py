"""The lines that the documentation shows for a page of one's own give the interpreter's numbers."""

import re

import numpy as np
import pytest

from ..docs.pages import ROOT
from ..small_export import WINDOW, speech
from .conftest import base64_of, in_page
from .page_driver import interpreted

IMPORT = re.compile(r'import (\{[^}]+\}) from "@litertjs/core"; // (\S+)\n')


@pytest.fixture
def other_page(browser, site):
    """Where the runtime is served, and nothing has loaded it yet."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site[0]}style.css")
    yield page
    context.close()


def test_the_lines_of_the_documentation_score_a_window(other_page, model):
    text = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```js\n(.*?)```", text, re.DOTALL)
    ((names, version),) = IMPORT.findall(code)
    assert f'"@litertjs/core": "{version}"' in (ROOT / "web/package.json").read_text()
    # Without an import map a browser finds the package by its address; the model is the test's.
    code = IMPORT.sub(f'const {names} = await import("/litert/core.js");\n', code)
    window = speech(2.0)
    assert len(window) == WINDOW
    found = in_page(
        other_page,
        "const content = Uint8Array.from(atob(argument[0]), (letter) => letter.charCodeAt(0));"
        "const fetch = async () => new Response(content);"
        f"{code}\nreturn Array.from(await score(Float32Array.from(argument[1])));",
        [base64_of(model), window.tolist()],
    )
    np.testing.assert_allclose([found], interpreted(model, window), atol=1e-5)
