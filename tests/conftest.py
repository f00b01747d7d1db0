"""Real files for every test: one tiny synthetic tree, prepared once per session."""

import ctypes
import dataclasses
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Tests compile for many shapes and compute little: XLA's compiler, which JAX uses, is told to hurry.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) >= (os.cpu_count() or 1):
    # Workers that use all cores gain nothing from threads, which would wait for one another.
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(threads, "1")

import hypothesis
import numpy as np
import pytest

from stressid_keras.analysis.robustness import CORRUPTIONS
from stressid_keras.config import (
    AudioConfig,
    DatasetConfig,
    DistillationConfig,
    InspectionConfig,
    PipelineConfig,
    PreparationConfig,
    RobustnessConfig,
    RunConfig,
    StudentConfig,
    TeacherConfig,
    TrainingConfig,
    VideoConfig,
)
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree
from stressid_keras.preprocessing import prepare_dataset

from .librosa_reference import import_librosa
from .scheduling import longest_first, pytest_xdist_make_scheduler  # noqa: F401  a hook

# Without a deadline, for a busy machine is slow, not wrong. The same examples every time, so that a change is judged by
# what it changed; `--hypothesis-profile random` looks for other ones.
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parents[1]
CLUSTER_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
}


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes")


def pytest_ignore_collect(collection_path, config):
    """The core's tests stand in few files; to import all the others takes longer than to run these."""
    if config.getoption("markexpr") == "backend" and collection_path.match("test_*.py"):
        return "mark.backend" not in collection_path.read_text(encoding="utf-8") or None
    return None


def pytest_collection_modifyitems(config, items):
    longest_first(items)
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="takes minutes; run with --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def librosa(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers' own
    return import_librosa(folder / "numba")


@pytest.fixture(scope="session")
def tiny_config():
    """Everything as small as it can be without losing a stage; its few steps take less than to compile them would."""
    training = TrainingConfig(epochs=2, patience=2, run_eagerly=True)
    corruptions = dict.fromkeys(CORRUPTIONS, ()) | {"white_noise": (20.0, 0.0), "gain_down": (-20.0,)}
    return RunConfig(
        preparation=PreparationConfig(audio=AudioConfig(n_mels=32), video=VideoConfig(max_side=32)),
        pipeline=PipelineConfig(batch_size=4),
        teacher=TeacherConfig(
            video_filters=(4, 4), signal_filters=(4, 4), feature_size=8, measures="none"
        ),  # as is asked by tests of their own
        teacher_training=training,
        student=StudentConfig(backbone="statistics", filters=(4, 4), feature_size=8),
        student_training=training,
        distillation=DistillationConfig(),  # the teacher's features, which tests of stages follow
        robustness=RobustnessConfig().with_levels(corruptions),
        inspection=InspectionConfig(time_patches=5, band_patches=2, bands=4),
    )


@pytest.fixture(scope="session")
def compiled_config(tiny_config):
    """As tiny, with compiled steps."""
    return dataclasses.replace(
        tiny_config,
        teacher_training=dataclasses.replace(tiny_config.teacher_training, run_eagerly=False),
        student_training=dataclasses.replace(tiny_config.student_training, run_eagerly=False),
    )


@pytest.fixture(autouse=True, scope="module")
def same_chance_for_a_module():
    """What a module's own fixtures draw does not depend on what ran before it."""
    _begin_chance()


@pytest.fixture(autouse=True)
def same_chance():
    """A test that chooses no seed draws the same first weights each time."""
    _begin_chance()


def _begin_chance():
    random.seed(0)  # from which Keras draws the seeds that it is not given, also where it is loaded later
    np.random.seed(0)  # noqa: NPY002  the libraries' own
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(scope="session")
def tiny_tree(tmp_path_factory):
    return make_synthetic_tree(
        tmp_path_factory.mktemp("tree") / "tiny", SyntheticConfig(subjects=6, tasks=3, seconds=4.0)
    )


@pytest.fixture(scope="session")
def tiny_store(tiny_tree, tiny_config, tmp_path_factory):
    index = index_dataset(tiny_tree, DatasetConfig())
    return prepare_dataset(index, tmp_path_factory.mktemp("prepared"), tiny_config.preparation)


@pytest.fixture(scope="session")
def small_teacher():
    from stressid_keras.models import build_teacher

    same_first_weights()
    config = TeacherConfig(video_filters=(4, 6, 8), signal_filters=(4, 6, 8), feature_size=10)
    return with_moving_statistics(build_teacher(3, config))


@pytest.fixture(scope="session")
def small_student():
    from stressid_keras.models import build_student

    same_first_weights()
    config = StudentConfig(filters=(4, 6, 8, 10), feature_size=10, backbone="cnn")
    return with_moving_statistics(build_student(3, 16, config))


@pytest.fixture(scope="session")
def statistics_student():
    from stressid_keras.models import build_student

    same_first_weights()
    config = StudentConfig(filters=(4, 6, 8), feature_size=10, backbone="statistics")
    return with_moving_statistics(build_student(3, 16, config))


@pytest.fixture(scope="session")
def separable_student():
    from stressid_keras.models import build_student

    same_first_weights()
    config = StudentConfig(filters=(8, 12, 16, 20), feature_size=10, backbone="separable", width=0.5)
    return with_moving_statistics(build_student(3, 16, config))


def same_first_weights():
    """Networks of the session begin alike, whatever a worker has tested before."""
    import keras

    keras.utils.set_random_seed(0)


def with_moving_statistics(model):
    """Statistics as after a training, so that inference does not run on zeros and ones."""
    generator = np.random.default_rng(0)
    for variable in model.non_trainable_variables:
        if "moving" in variable.path:
            low = 0.1 if "variance" in variable.path else -0.3
            variable.assign(generator.uniform(low, 0.3, variable.shape))
    return model


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(kibibytes) → a folder on a file system of that size; called again, its size changes."""
    folder, libc = tmp_path / "disk", ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    remount = 32  # MS_REMOUNT of mount(2)

    def mount(kibibytes):
        flags = remount if folder.is_mount() else 0
        options = f"size={kibibytes}k".encode()
        if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", flags, options):
            pytest.skip(f"a file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
        return folder

    yield mount
    if folder.is_mount():
        libc.umount2(str(folder).encode(), 2)


@pytest.fixture
def start(tmp_path):
    """start(*arguments) → a process of distributed's; all of them are ended after the test."""
    started = []

    def start(module, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        with open(tmp_path / f"{module}{len(started)}.log", "w") as log:
            started.append(
                subprocess.Popen(command, stdout=log, stderr=log, env=CLUSTER_ENVIRONMENT, cwd=tmp_path)
            )
        return started[-1]

    yield start
    for process in reversed(started):
        process.kill()
        process.wait()


@pytest.fixture
def cluster(start):
    """cluster(workers) → address, process of the scheduler, processes of its workers."""
    pytest.importorskip("distributed", reason="distributed is not installed")

    def cluster(workers):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        port = address.rpartition(":")[2]
        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        return address, scheduler, [start("dask_worker", address, *options) for _ in range(workers)]

    return cluster
