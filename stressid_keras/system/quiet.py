"""Keeps the start-up notes of TensorFlow, CUDA, XLA and LiteRT off the screen, and lets errors through.

They are written by C++ straight to file descriptor 2, some before any setting is read, from this process and from its
children. So that descriptor leads through a small process, this file run as a program, that drops those lines and
passes on all others; as it outlives a crash, what a dying library says is shown, too.
"""

import contextlib
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator

NOISE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    rb"|[IW]\d{4} \d\d:\d\d:[\d.]+ +\d+ \S+:\d+\]"  # information and warnings of absl: I0000 00:00:1795.3 8176 a.cc:31]
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IW] "  # and of an older TensorFlow
    rb"|To enable the following instructions: .* rebuild TensorFlow"
    rb"|(INFO|VERBOSE): "  # of LiteRT
    # Errors that are none: no graphics card, and a library of one that two packages bring.
    rb"|.*failed call to cuInit: .*(UNKNOWN ERROR \(303\)|CUDA_ERROR_NO_DEVICE|no CUDA-capable device)"
    rb"|.*Unable to register cu(DNN|FFT|BLAS) factory"
    rb"|.*computation placer already registered"
)
DONE = b"\0stressid_keras: done\n"  # asks the process to say that it has passed on everything until here


def quiet_libraries() -> None:
    """Ask TensorFlow for errors alone, in this process and its children; call it before TensorFlow is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(
        logging.ERROR
    )  # windows of many lengths are traced more than once


@contextlib.contextmanager
def filtered_stderr() -> Iterator[None]:
    """Lead file descriptor 2 through the filter; `sys.stderr` writes to where it led, unfiltered, as before."""
    try:
        sys.stderr.flush()
        outside = os.dup(2)
        program = [sys.executable, "-I", "-S", __file__]
        # A session of its own: Ctrl-C is for the work, of which it is to pass on the last words.
        process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=outside, start_new_session=True
        )
    except (
        AttributeError,
        OSError,
        ValueError,
    ):  # no such descriptor, or no process to be had: as it is, then
        yield
        return
    before, encoding = sys.stderr, {"encoding": sys.stderr.encoding, "errors": sys.stderr.errors}
    os.dup2(process.stdin.fileno(), 2)
    process.stdin.close()
    sys.stderr = open(outside, "w", buffering=1, **encoding)  # noqa: SIM115  until the recipe ends
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.write(2, DONE)
            process.stdout.read(1)
        sys.stderr.flush()
        os.dup2(outside, 2)
        sys.stderr = before


def _pass_on(source: int, target: int, done: int) -> None:
    """Copy what is read to where it is to be shown, line by line, without `NOISE`."""
    rest = b""
    while block := os.read(source, 1 << 16):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line + b"\n" == DONE:
                os.write(done, b"\n")
            elif not NOISE.match(line):
                _write(target, line + b"\n")
    _write(target, rest)


def _write(target: int, content: bytes) -> None:
    while content:
        content = content[os.write(target, content) :]


if __name__ == "__main__":
    with contextlib.suppress(OSError):  # nobody looks any more
        _pass_on(0, 2, 1)
