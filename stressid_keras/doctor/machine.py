"""Processors, accelerators, threads and disk, without a backend."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

GB = 1e9  # bytes
QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
SECONDS = 5  # that the driver may take to answer
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OPENBLAS_NUM_THREADS")


def device_rows() -> Iterator[tuple[str, str]]:
    """The processor, its memory, and NVIDIA's GPUs as the driver names them."""
    yield "CPU", f"{os.cpu_count()} cores, {_processor()}"
    if memory := _memory():
        yield "memory", f"{memory / GB:.1f} GB"
    gpus = _gpus()
    yield from ((f"GPU {index}", gpu) for index, gpu in enumerate(gpus))
    if not gpus:
        yield "GPU", "none that NVIDIA's driver names"


def thread_rows() -> Iterator[tuple[str, str]]:
    """How many cores this process may use, and the variables that limit threads."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        yield "usable cores", str(len(os.sched_getaffinity(0)))
    for name in THREADS:
        if value := os.environ.get(name):
            yield name, value


def disk_rows(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """What is free where each folder is, or would be made."""
    for folder in folders:
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
        if there is None:
            yield folder.name, f"{folder}: no such place"
            continue
        writable = "" if os.access(there, os.W_OK) else ", NOT WRITABLE"
        yield folder.name, f"{shutil.disk_usage(there).free / GB:.1f} GB free{writable}: {folder}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return 0


def _gpus() -> list[str]:
    if not shutil.which(QUERY[0]):
        return []
    try:
        asked = subprocess.run(
            QUERY, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return asked.stdout.strip().splitlines() if asked.returncode == 0 else []
