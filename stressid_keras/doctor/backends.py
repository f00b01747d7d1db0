"""Keras and its backends: which are installed, and which one is active."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stressid_keras.provenance import package_versions, read_json

BACKENDS = ("tensorflow", "jax", "torch")
DEFAULT = "tensorflow"  # Keras's own
ELSEWHERE = "/tmp"  # where Keras keeps its file, on every system, if the home cannot be written
ASK = "import json, keras; print(json.dumps([keras.backend.backend(), keras.distribution.list_devices()]))"
SECONDS = 120  # that a backend may take to start


def backend_rows(ask: bool = False) -> Iterator[tuple[str, str]]:
    """Versions, the active backend and why it is that; with `ask`, also the devices that it sees."""
    found = package_versions(("keras", *BACKENDS))
    yield "keras", found.get("keras", "not installed")
    name, why = active_backend()
    for backend in BACKENDS:
        version = found.get(backend, "not installed")
        yield backend, f"{version}, active ({why})" if backend == name else version
    if name not in BACKENDS:
        yield "active", f"{name!r} ({why}), which is none of {', '.join(BACKENDS)}"
    elif ask and "keras" in found:
        yield "devices", _asked()


def active_backend() -> tuple[str, str]:
    """The backend that Keras would take, and where that is said: the environment, then its file, then its default."""
    if name := os.environ.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    path = _settings_path()
    settings = read_json(path)
    if isinstance(settings, dict) and settings.get("backend"):
        return str(settings["backend"]), str(path)
    return DEFAULT, "the default"


def _settings_path() -> Path:
    """Where Keras looks for its file, by its own rule."""
    if "KERAS_HOME" in os.environ:
        folder = os.environ["KERAS_HOME"]
    else:
        home = os.path.expanduser("~")  # which stays "~" where nobody has a home
        folder = os.path.join(home if os.access(home, os.W_OK) else ELSEWHERE, ".keras")
    return Path(os.path.expanduser(os.path.join(folder, "keras.json")))


def _asked() -> str:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )
    if asked.returncode:
        return f"the backend does not start: {(asked.stderr.strip().splitlines() or ['without a word'])[-1][:200]}"
    backend, devices = json.loads(asked.stdout.strip().splitlines()[-1])
    return f"{backend} sees {', '.join(devices) or 'none'}"
