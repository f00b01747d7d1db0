"""Results of worker processes come as they are made; one that is killed is a sentence."""

import os

import joblib
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing.worker_processes import results_of


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_call_gives_its_result(jobs):
    assert sorted(results_of([joblib.delayed(abs)(-number) for number in range(5)], jobs)) == [0, 1, 2, 3, 4]


def test_a_worker_that_is_killed_is_a_sentence_with_what_is_kept():
    with pytest.raises(StressIDError, match=r"was killed.*with fewer jobs: all else is kept\.$"):
        list(results_of([joblib.delayed(os._exit)(1)] * 2, 2, kept="all else is kept"))
