"""Damaged files of every kind are read rightly or refused with a sentence; nothing else happens."""

import keras
import numpy as np
import pytest

from . import campaign
from .campaign import Child, kinds_of_faults, shares
from .corpus import build_corpus
from .damage import BYTES
from .readers import READERS

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the readers are the same on every backend"
)

SEED = 1
INPUTS = dict(shares(900))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build_corpus(tmp_path_factory.mktemp("corpus"), variants=("float32", "fp16", "int8"))


@pytest.fixture(scope="module")
def child(corpus, tmp_path_factory):
    child = Child(corpus, tmp_path_factory.mktemp("sandbox"))
    yield child
    child.close()


@pytest.mark.parametrize("reader", READERS)
def test_damaged_input_is_read_rightly_or_refused(child, reader):
    found = [child.judge(reader, SEED, number) for number in range(INPUTS[reader])]
    faults = [
        f"{count} × {example.verdict.kind}: {example.verdict.detail} (number {example.number}, {example.original})"
        for count, example in kinds_of_faults(found)
    ]
    assert not faults, "\n".join(faults)
    assert any(finding.verdict.kind != "same" for finding in found)


@pytest.mark.parametrize("reader", READERS)
def test_the_same_seed_gives_the_same_bytes(corpus, tmp_path, reader):
    if READERS[reader].needs_keras:
        pytest.skip("its inputs are made as those of the others")
    first, second = (READERS[reader].open()(corpus, tmp_path / name) for name in "ab")
    inputs = [first.input(SEED, number)[1] for number in range(5)]
    assert inputs == [second.input(SEED, number)[1] for number in range(5)]
    assert inputs != [second.input(SEED + 1, number)[1] for number in range(5)]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    (folder / "file").write_bytes(bytes(100))
    child = Child(folder, tmp_path_factory.mktemp("sandbox"))
    yield child
    child.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("planted hang", "hang"),
        ("planted crash", "crash"),
        ("planted burst", "burst"),
        ("planted claim", "burst"),
        ("planted exception_", "exception"),
        ("planted number", "wrong"),
        ("planted sentence", "wrong"),
        ("planted refusal", "refused"),
    ],
)
def test_every_kind_of_fault_is_found(planted, monkeypatch, fault, kind):
    if kind == "hang":
        monkeypatch.setattr(campaign, "LONGEST", 2.0)
    assert planted.judge(fault, SEED, 0).verdict.kind == kind


def test_a_damage_changes_bytes_and_no_damage_fails_on_short_files():
    rng = np.random.default_rng(0)
    for content in (b"", b"a", bytes(300)):
        for damage in BYTES:
            assert isinstance(damage(content, rng), bytes)
