"""One runner in several threads and processes gives the numbers that it gives alone."""

import copy
import multiprocessing
import os
import pickle
import threading

import numpy as np
import pytest

from stressid_keras import StudentRunner
from stressid_keras.errors import ExportError

from ..small_export import RATE, WINDOW, speech

THREADS = 8
WINDOWS = [speech(2.0, seed=seed) for seed in range(12)]


def in_threads(works):
    """What each of the functions returned, all called at once; the first error is raised."""
    found, barrier = [None] * len(works), threading.Barrier(len(works))

    def run(number):
        barrier.wait()
        try:
            found[number] = works[number]()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in found:
        if isinstance(result, Exception):
            raise result
    return found


def test_threads_that_share_a_runner_get_the_numbers_of_one(runner):
    expected = [runner.predict_window(window) for window in WINDOWS]

    def work(thread):
        order = np.roll(np.arange(len(WINDOWS)), thread)  # each hears something else at a time
        return [(number, runner.predict_window(WINDOWS[number])) for _ in range(5) for number in order]

    wrong = 0
    for results in in_threads([lambda thread=thread: work(thread) for thread in range(THREADS)]):
        for number, found in results:
            wrong += not all(map(np.array_equal, found, expected[number]))
    assert wrong == 0


def test_recordings_and_streams_of_one_runner_may_come_from_several_threads(runner):
    waveforms = [speech(5.3, 44_100, seed) for seed in range(4)]
    expected = [runner.predict(waveform, 44_100) for waveform in waveforms]

    def streamed(waveform):
        stream = runner.stream(44_100)
        for at in range(0, len(waveform), 7_919):
            stream.push(waveform[at : at + 7_919])
        return stream.finish()

    works = [lambda w=waveform: streamed(w) for waveform in waveforms]
    works += [lambda w=waveform: runner.predict(w, 44_100) for waveform in waveforms]
    for found, wanted in zip(in_threads(works), expected * 2, strict=True):
        np.testing.assert_array_equal(found.probabilities, wanted.probabilities)
        np.testing.assert_array_equal(found.features, wanted.features)


def test_one_stream_takes_whole_chunks_from_several_threads(runner):
    """Chunks that are all alike, so that their order does not matter."""
    chunk = speech(0.5)
    stream = runner.stream(RATE)

    def push():
        return [window for _ in range(6) for window in stream.push(chunk)]

    came = [window for windows in in_threads([push] * 4) for window in windows]
    found, expected = stream.finish(), runner.predict(np.tile(chunk, 24), RATE)
    assert sorted(window.start for window in came) == expected.starts.tolist()
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)


@pytest.mark.parametrize("copied", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy, copy.copy])
def test_a_copy_of_a_runner_gives_the_same_numbers_when_its_file_is_gone(runner, model, tmp_path, copied):
    path = tmp_path / "student.tflite"
    path.write_bytes(model.read_bytes())
    first = StudentRunner(path)
    path.unlink()
    found = copied(first)
    assert (found.samples, found.class_names, found.hop) == (runner.samples, runner.class_names, runner.hop)
    expected = runner.predict(WINDOWS[0], RATE)
    np.testing.assert_array_equal(found.predict(WINDOWS[0], RATE).probabilities, expected.probabilities)


def test_a_stream_is_not_pickled(runner):
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(ExportError, match="a stream cannot be pickled"):
            copied(runner.stream(RATE))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_runner_works_in_a_forked_process_while_a_thread_uses_it(model, threads):
    """The fork copies a lock that is taken, and none of the interpreter's threads."""
    runner, stop = StudentRunner(model, threads), threading.Event()
    expected, _ = runner.predict_window(WINDOWS[1])

    def use():
        while not stop.is_set():
            runner.predict_window(WINDOWS[0])

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for _ in range(3):
            here, there = multiprocessing.Pipe()
            process = multiprocessing.get_context("fork").Process(target=answer, args=(there, runner))
            process.start()
            assert here.poll(60), "the process hangs"
            np.testing.assert_array_equal(here.recv(), expected)
            process.join(60)
            assert process.exitcode == 0
    finally:
        stop.set()
        thread.join()


def answer(pipe, runner):
    pipe.send(runner.predict_window(WINDOWS[1])[0])


def test_the_windows_of_these_tests_differ(runner):
    found = np.stack([runner.predict_window(window)[0] for window in WINDOWS])
    assert np.ptp(found, axis=0).max() > 0.01
    assert all(len(window) == WINDOW for window in WINDOWS)
