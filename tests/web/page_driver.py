"""What tests do with the page: choose recordings, read its numbers, compare them with LiteRT in Python, host it."""

import csv
import functools
import http.server
import io
import itertools
import threading

import numpy as np
import soundfile

from stressid_keras.media.sound.waveform import within_full_scale

from ..small_export import CLASS_NAMES, HOP, WINDOW

SECONDS = 15  # that a busy machine may take for a result
RECORDINGS = itertools.count(1)


def interpreted(model, waveform):
    """Probabilities (windows, classes) of a recording by LiteRT in Python."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(model)).get_signature_runner()
    starts = list(range(0, max(len(waveform) - WINDOW, 0) + 1, HOP))
    if len(waveform) - WINDOW > starts[-1]:
        starts.append(len(waveform) - WINDOW)
    windows = [np.pad(part := waveform[start : start + WINDOW], (0, WINDOW - len(part))) for start in starts]
    windows = [within_full_scale(window) for window in windows]
    return np.stack([run(waveform=window[None])["probabilities"][0] for window in windows])


def heard(path):
    """Samples of a file, channels averaged, (n,) float32."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)


def score(page, path):
    """Choose a recording; the probabilities (windows, classes) of the page's table, in full."""
    chosen = path.rename(
        path.with_name(f"recording-{next(RECORDINGS)}{path.suffix}")
    )  # not to be taken for the last one
    page.set_input_files("#recording-file", chosen)
    page.locator("#summary", has_text=chosen.name).wait_for(timeout=SECONDS * 1000)
    path.write_bytes(chosen.read_bytes())
    return shown(page)


def shown(page):
    values = page.locator("#table-body data").evaluate_all("cells => cells.map((cell) => Number(cell.value))")
    return np.reshape(values, (-1, len(CLASS_NAMES)))


def downloaded(page, button, name):
    with page.expect_download() as download:
        page.click(button)
    assert download.value.suggested_filename == name
    return list(csv.DictReader(io.StringIO(download.value.path().read_text())))


class static_host:
    """Serves a folder; gives its address and the list of requests that it got."""

    def __init__(self, folder):
        requests = self.requests = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                requests.append(self.requestline)

        handler = functools.partial(Handler, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/", self.requests

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
