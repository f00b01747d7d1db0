"""Pictures of the page for the documentation, of a synthetic voice that grows more aroused.

    python web/screenshots.py MODEL.tflite

writes docs/web_wide.png and docs/web_narrow.png. Needs `npm ci` in web/, Chromium, and playwright.
"""

import argparse
import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import sync_playwright

from stressid_keras.dataset.synthetic.voice import voice

WEB = Path(__file__).resolve().parent
DOCS = WEB.parent / "docs"
RATE = 16_000
AROUSALS = (0.0, 0.0, 1.0, 2.0, 2.0, 1.0)
SECONDS = 8.0  # of each
SIZES = {"web_wide.png": (960, 900), "web_narrow.png": (360, 740)}
COLOURS = 96  # of the pictures: small files, no visible difference


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="an exported student of the synthetic sample")
    model = parser.parse_args().model.resolve()
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "interview.wav"
        parts = [
            voice(arousal, np.random.default_rng(1), np.random.default_rng(seed), SECONDS, RATE)
            for seed, arousal in enumerate(AROUSALS)
        ]
        soundfile.write(recording, np.concatenate(parts), RATE)
        command = ["node", "serve.mjs", str(model), "--sample", "--output", f"{folder}/page", "--port", "0"]
        with subprocess.Popen(command, cwd=WEB, stdout=subprocess.PIPE, text=True) as server:
            try:
                take(re.search(r"http://\S+", server.stdout.readline()).group(), recording)
            finally:
                server.kill()


def take(address, recording):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page.goto(address)
            page.wait_for_selector("body[data-ready]")
            page.set_input_files("#recording-file", recording)
            page.locator("#status", has_text="Done").wait_for()
            picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(DOCS / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
