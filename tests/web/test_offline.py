"""The page without a network: installed, kept by its service worker, with the same policy, and never mixed."""

import shutil
import subprocess
import time

import numpy as np
import soundfile

from ..small_export import RATE, speech
from .conftest import WEB
from .page_driver import SECONDS, interpreted, score, static_host

SAMPLE = "synthetic_sample_not_for_use.tflite"


def test_it_is_installed_and_scores_without_a_network_after_one_load(site, open_page, model, tmp_path):
    """From a host that sends no headers: the worker adds the policy."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE, subtype="FLOAT")
    with static_host(site[1]) as (address, requests):
        page = open_page(address, offline=True)
        page.wait_for_selector("body[data-offline=true]")
        assert "opens without a network" in page.inner_text("footer")
        check_installable(page)
        runtimes = [request for request in requests if "internal.wasm" in request]
        assert len({*runtimes}) == 1  # of two, the one that this browser loads
    response = page.reload()  # the host is gone
    page.wait_for_selector("body[data-ready]")
    assert response.headers["content-security-policy"] == policy(page, site[0])
    np.testing.assert_allclose(score(page, path), interpreted(model, speech(2.0)), atol=1e-5)
    page.goto(f"{address}index.html#recording")
    page.wait_for_selector("body[data-ready]")
    assert page.goto(f"{address}elsewhere.html").status == 404
    assert [text for text in page.said if "404" not in text] == []
    page.context.close()


def policy(page, address):
    """Of the page as its own server sends it, and of the worker."""
    found = {
        page.request.get(address + name).headers["content-security-policy"]
        for name in ("", "service_worker.js")
    }
    assert len(found) == 1
    return found.pop()


def check_installable(page):
    chromium = page.context.new_cdp_session(page)
    manifest = chromium.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["manifest"]["name"] == "Stress from speech, on this device"
    found = chromium.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in found} <= {"in-incognito"}  # as every window of a test is


def test_a_file_that_the_host_changed_is_not_kept(site, open_page, tmp_path):
    folder = shutil.copytree(site[1], tmp_path / "page")
    with (folder / "style.css").open("a") as style:
        style.write("body { color: red }")
    with static_host(folder) as (address, _):
        page = open_page(address, offline=True)
        page.wait_for_selector("body[data-offline=false]")
        assert "does not keep it" in page.inner_text("footer")
        page.context.close()


def test_a_new_build_takes_over_whole_at_the_load_after_the_next(site, open_page, model, tmp_path):
    folder = shutil.copytree(site[1], tmp_path / "page")
    with static_host(folder) as (address, _):
        page = open_page(address, offline=True)
        page.wait_for_selector("body[data-offline=true]")
        command = ["node", "build.mjs", model, "--sample", "--output", folder]
        subprocess.run(command, cwd=WEB, check=True, stdout=subprocess.PIPE)
        assert not (folder / "student.tflite").exists()  # of the build before
        page.reload()  # still the version before, whole; it fetches the new one
        page.wait_for_selector("body[data-ready]")
        assert "student.tflite" in page.inner_text("#model")
        wait_for_kept(page, SAMPLE)
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert SAMPLE in page.inner_text("#model")
        assert page.said == []
        page.context.close()


def wait_for_kept(page, name):
    """Until the only version that is kept has a file of this name."""
    kept = "async (name) => (await caches.keys()).length === 1 && Boolean(await caches.match(`/${name}`))"
    deadline = time.monotonic() + SECONDS
    while not page.evaluate(kept, name):
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def test_a_sample_that_was_not_made_gets_a_sentence(tmp_path):
    web = shutil.copytree(WEB, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules", "dist"))
    (web / "node_modules").symlink_to(WEB / "node_modules")
    command = ["node", "build.mjs", "--sample", "--output", tmp_path / "page"]
    found = subprocess.run(command, cwd=web, capture_output=True, text=True)
    assert found.returncode == 1
    assert "run python recipes/distill.py first" in found.stderr
