"""Processes that start together in a new environment, or in one whose compiler's cache is broken, get the same numbers.

librosa, which the features once came from, compiled with Numba into a cache without a lock: two processes at once could
break it for every later one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 4
FEATURES = """
import json, sys
import numpy as np
from stressid_keras.analysis.baselines import audio_features
from stressid_keras.preprocessing.measures import physiology_features

random = np.random.default_rng(0)
found = audio_features(random.normal(0, 0.1, 16_000).astype("float32"), 16_000)
found |= physiology_features({"eda": random.normal(size=2000).cumsum()}, 500.0)
print(json.dumps([found, sorted({"numba", "librosa"} & set(sys.modules))]))
"""
EVERY_MODULE = """
import importlib, pkgutil, sys
import stressid_keras

for module in pkgutil.walk_packages(stressid_keras.__path__, "stressid_keras."):
    importlib.import_module(module.name)
assert not {"numba", "librosa"} & set(sys.modules), "something compiles"
"""


def started(code, cache):
    """A process whose Numba, if it had one, would compile into the folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def features_of_processes(cache):
    """What processes started together find."""
    processes = [started(FEATURES, cache) for _ in range(PROCESSES)]
    ended = [(*process.communicate(), process.returncode) for process in processes]
    assert [code for *_, code in ended] == [0] * PROCESSES, ended
    found = [json.loads(output) for output, *_ in ended]
    assert all(compilers == [] for _, compilers in found)
    return [json.dumps(features) for features, _ in found]


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_processes_that_start_together_on_an_empty_cache_agree_and_compile_nothing(tmp_path, rounds):
    found = set()
    for number in range(rounds):
        cache = tmp_path / str(number)
        cache.mkdir()
        found |= set(features_of_processes(cache))
        assert not list(cache.iterdir())
    assert len(found) == 1


def test_no_module_of_the_package_brings_a_compiler_with_a_cache(tmp_path):
    process = started(EVERY_MODULE, tmp_path)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert not list(tmp_path.iterdir())
