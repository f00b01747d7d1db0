"""A small exported student, the page that serves it, and a browser that hears a recording as its microphone."""

import base64
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile

from ..small_export import deployed_student, speech, write_export

WEB = Path(__file__).resolve().parents[2] / "web"
CHROMIUM = shutil.which("chromium")
BLOCKED = "Service Worker registration blocked by Playwright"  # what it says on the page's console


def pytest_collection_modifyitems(items):
    missing = [
        reason
        for reason, found in {
            "Node.js is not installed": shutil.which("node"),
            "the page's packages are not installed (npm ci in web/)": all(
                (WEB / "node_modules" / name).exists() for name in ("@litertjs", "axe-core", "mediabunny")
            ),
            "Chromium is not installed": CHROMIUM,
            "playwright is not installed": importlib.util.find_spec("playwright"),
        }.items()
        if not found
    ]
    for item in items:
        if missing and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="; ".join(missing)))


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A `.tflite` with random weights and the metadata that an export appends."""
    from stressid_keras.export.convert import to_tflite

    return write_export(tmp_path_factory.mktemp("model") / "student.tflite", to_tflite(deployed_student()))


def with_metadata(source, path, content=None, **changes):
    """An exported file with other metadata, `changes` in its model.json, or with other `content` before it."""
    content = content or source.read_bytes()
    start = content.rfind(b"PK\x03\x04", 0, content.rfind(b"PK\x03\x04"))
    return write_export(path, content[:start], **changes)


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """serve(model or None, options) → (address, folder) of the page, by the command that users run."""
    started = []

    def serve(model, *options):
        folder = tmp_path_factory.mktemp("page")
        command = [
            "node",
            "serve.mjs",
            *([str(model)] if model else []),
            *options,
            "--output",
            str(folder),
            "--port",
            "0",
        ]
        started.append(subprocess.Popen(command, cwd=WEB, stdout=subprocess.PIPE, text=True))
        return re.search(r"http://\S+", started[-1].stdout.readline()).group(), folder

    yield serve
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def site(serve, model):
    return serve(model)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from playwright.sync_api import sync_playwright

    heard = tmp_path_factory.mktemp("microphone") / "heard.wav"
    soundfile.write(heard, speech(8.0, 48_000), 48_000)
    arguments = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={heard}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_page(browser):
    """open_page(address, permissions) → a page that has loaded; `said` is what the console shows.

    Only with `offline` does it keep itself for use without a network, which takes longer than to load it.
    """

    def open_page(address, permissions=("microphone",), offline=False):
        workers = "allow" if offline else "block"
        page = browser.new_context(permissions=list(permissions), service_workers=workers).new_page()
        page.said, page.requested = [], []
        page.on("console", lambda message: message.text != BLOCKED and page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    return open_page


@pytest.fixture(scope="session")
def shared_page(site, open_page):
    return open_page(site[0])


@pytest.fixture
def page(shared_page):
    """The page with its model, as the test before left it; nothing may stand on the console afterwards."""
    yield shared_page
    assert shared_page.said == []


@pytest.fixture
def new_page(site, open_page):
    """As `page`, but just loaded."""
    page = open_page(site[0])
    yield page
    assert page.said == []
    page.context.close()


def in_page(page, body, argument=None):
    """Run the body of an async function of `argument` in the page; arrays go there and come back as lists."""
    return page.evaluate(f"async (argument) => {{ {body} }}", argument)


def base64_of(path):
    return base64.b64encode(path.read_bytes()).decode()
