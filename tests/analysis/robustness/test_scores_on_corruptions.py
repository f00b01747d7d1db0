"""Clean windows score as ever, and a window's corruption depends on nothing but the window."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from stressid_keras.analysis.robustness import CORRUPTIONS, robustness_predictions
from stressid_keras.analysis.robustness.scores_on_corruptions import _generator, _voices
from stressid_keras.batches.tf_data import make_dataset
from stressid_keras.config import AudioConfig, DatasetConfig, PipelineConfig, RobustnessConfig, StudentConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.models import build_student
from stressid_keras.preprocessing.waveforms import window_waveforms

RATE = 16_000
NAMES = ("Low", "Medium", "High")
AUDIO = AudioConfig(n_mels=16)
FEW = RobustnessConfig(
    white_noise=(10.0, 0.0),
    babble=(0.0,),
    reverberation=(0.3,),
    clipping=(10.0,),
    gain_down=(-40.0,),
    gain_up=(20.0,),
    mp3=(16.0,),
    shorter=(30.0, 1.0),
    n_voices=2,
)


def undecided(network):
    """A copy whose logits are small enough that a change of the input shows in the probabilities."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    layer = copy.get_layer("logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel / 300, bias])
    return copy


@pytest.fixture(scope="module")
def student(small_student):
    return undecided(small_student)


@pytest.fixture(scope="module")
def windows(voice):
    rows = [
        {"recording": f"{s}_{t}", "subject": s, "task": t, "window": w, "label": w % 3}
        for s, t, w in (
            ("a001", "Math", 0),
            ("a001", "Math", 1),
            ("0012", "Stroop", 0),
            ("2e45", "Stroop", 0),
        )
    ]
    return [(row, voice(1.5 + 0.3 * i, seed=i)) for i, row in enumerate(rows)]


@pytest.fixture(scope="module")
def sources(windows):
    return [(row["subject"], waveform) for row, waveform in windows]


@pytest.fixture(scope="module")
def table(student, windows, sources):
    networks = {"student": student, "student_ce": student}
    return robustness_predictions(networks, windows, sources, AUDIO, NAMES, FEW, seed=3)


def predict(network, windows, sources, config=FEW, seed=3):
    return robustness_predictions({"student": network}, windows, sources, AUDIO, NAMES, config, seed)


def key_sorted(table):
    return table.sort_values(["recording", "window", "corruption", "level"], ignore_index=True)


def test_table_has_a_row_for_every_model_window_corruption_and_level(table, windows):
    assert list(table)[:10] == [
        *("model", "split", "recording", "subject", "task", "window"),
        *("corruption", "level", "silent", "label"),
    ]
    counts = table.groupby(["model", "recording", "window"]).size()
    assert set(counts) == {1 + 10}  # clean, one or two levels of each, and no clip of 30 s
    assert len(counts) == 2 * len(windows)
    assert set(table["corruption"]) == {"clean", *CORRUPTIONS}
    assert set(table["split"]) == {"test"}
    assert set(table.loc[table["corruption"] == "shorter", "level"]) == {1.0}


def test_both_networks_see_the_same_waveforms(table):
    probabilities = table.filter(like="p_").to_numpy()
    of_student, of_control = (probabilities[table["model"] == name] for name in ("student", "student_ce"))
    np.testing.assert_array_equal(of_student, of_control)


def test_every_corruption_reaches_the_prediction(table):
    one = table[(table["model"] == "student") & (table["recording"] == "0012_Stroop")].set_index("corruption")
    clean = one.loc["clean"].filter(like="p_").to_numpy(dtype=float)
    changed = one.drop("clean").filter(like="p_").to_numpy(dtype=float)
    assert (np.abs(changed - clean).max(axis=1) > 1e-5).all()


def test_numbers_do_not_depend_on_order_or_on_what_else_is_asked(student, windows, sources, table):
    expected = key_sorted(table[table["model"] == "student"])
    reversed_order = predict(student, windows[::-1], sources)
    pd.testing.assert_frame_equal(key_sorted(reversed_order), expected)
    only_noise = dataclasses.replace(
        FEW, **{name: () for name in CORRUPTIONS if name != "white_noise"}, batch_size=1
    )
    alone = key_sorted(predict(student, windows[2:3], sources, only_noise))
    assert len(alone) == 3
    same = expected.merge(alone[["recording", "window", "corruption", "level"]])
    pd.testing.assert_frame_equal(alone, same, rtol=1e-5)


def test_another_seed_gives_other_noise(student, windows, sources, table):
    other = predict(student, windows[:1], sources, seed=4).set_index("corruption")
    same = table[(table["model"] == "student")].iloc[: len(other)].set_index("corruption")
    changed = (other["p_Low"] - same["p_Low"]).abs().groupby(level=0).max()
    assert (changed[["white_noise", "babble", "reverberation"]] > 1e-7).all()
    assert (changed.drop(["white_noise", "babble", "reverberation"]) < 1e-6).all()


def test_a_window_that_would_fall_silent_is_kept_as_it_is_and_counted(student, sources, voice):
    row = {"recording": "b_Math", "subject": "b", "task": "Math", "window": 0, "label": 1}
    found = predict(student, [(row, voice(1.5, peak=2e-3))], sources).set_index("corruption")
    assert list(found.index[found["silent"] == 1]) == ["gain_down"]
    assert found.loc["gain_down", "p_Low"] == pytest.approx(found.loc["clean", "p_Low"], abs=1e-6)


def test_nobody_babbles_over_himself_and_people_before_second_recordings():
    sources = [(subject, np.full(1, index)) for index, subject in enumerate("aaabbbccd")]
    owner = dict(enumerate("aaabbbccd"))
    for window in range(30):
        row = {"recording": "a_Math", "subject": "a", "window": window}
        drawn = _voices(sources, row, 4, _generator(0, row, "babble", 0.0))
        people = [owner[int(waveform[0])] for waveform in drawn]
        assert set(people) == {"b", "c", "d"}
        assert len({int(waveform[0]) for waveform in drawn}) == 4
        assert len(set(people[:3])) == 3
    assert len(_voices(sources, row, 50, _generator(0, row, "babble", 0.0))) == 6


def test_babble_needs_another_person(student, windows):
    with pytest.raises(StressIDError, match="no other person to babble beside subject a001"):
        predict(student, windows[:1], [("a001", windows[0][1])])


def test_no_windows_or_unusable_ones_are_refused(student, windows, sources):
    with pytest.raises(StressIDError, match="no windows"):
        predict(student, [], sources)
    row = windows[0][0]
    for waveform in (np.zeros(RATE), np.full(RATE, np.nan), np.full(RATE, 3.0), np.zeros(0)):
        with pytest.raises(StressIDError, match="a window of a001_Math has peak"):
            predict(student, [(row, waveform)], sources)


def test_progress_counts_windows_as_they_are_taken(student, windows, sources):
    """One at a time: a window is asked for only when the one before is done."""
    events = []

    def one_by_one():
        for place, window in enumerate(windows):
            events.append(f"asked {place + 1}")
            yield window

    nothing = FEW.with_levels(dict.fromkeys(CORRUPTIONS, ()))
    robustness_predictions(
        {"student": student},
        one_by_one(),
        sources,
        AUDIO,
        NAMES,
        nothing,
        0,
        progress=lambda done: events.append(f"done {done}"),
    )
    assert events == [f"{what} {n}" for n in range(1, len(windows) + 1) for what in ("asked", "done")]


def test_clean_predictions_equal_those_of_the_pipeline(tiny_tree, tiny_store):
    rows = np.flatnonzero(tiny_store.has("audio"))
    audio_config = tiny_store.config.audio
    network = build_student(
        3, audio_config.n_mels, StudentConfig(backbone="statistics", filters=(4, 4), feature_size=8)
    )
    batches = make_dataset(tiny_store, rows, ("audio",), PipelineConfig(batch_size=4))
    logits = np.concatenate([network.predict_on_batch(x)["logits"] for x, _ in batches])
    expected = softmax(logits.astype(float), axis=1)
    assert expected.max() < 0.99
    assert expected.std(axis=0).min() > 1e-3
    nothing = RobustnessConfig().with_levels(dict.fromkeys(CORRUPTIONS, ()))
    recordings = index_dataset(tiny_tree, DatasetConfig()).recordings
    found = robustness_predictions(
        {"student": network},
        window_waveforms(tiny_store, rows, recordings),
        [],
        audio_config,
        NAMES,
        nothing,
        seed=0,
    )
    assert list(found["recording"]) == list(tiny_store.manifest["recording"].iloc[rows])
    np.testing.assert_allclose(found.filter(like="p_"), expected, atol=1e-5)
