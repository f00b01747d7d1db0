"""Class weights, the epoch that is kept, and stored features."""

import keras
import numpy as np
import pytest

from stressid_keras.batches.py_dataset import PreparedBatches
from stressid_keras.config import PipelineConfig, TrainingConfig
from stressid_keras.distillation import (
    compute_teacher_features,
    compute_teacher_views,
    load_teacher_features,
    save_teacher_features,
)
from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.training.fit import class_weights, fit
from stressid_keras.training.kept_epoch import KeptEpoch


def test_class_weights_are_inverse_frequencies_with_mean_one():
    labels = [0] * 6 + [1] * 3 + [2]
    weights = class_weights(labels, 3)
    assert weights[1] == pytest.approx(2 * weights[0])
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1.0)


def test_absent_class_has_no_weight():
    assert class_weights([0, 0, 2], 3) == pytest.approx({0: 0.75, 1: 0.0, 2: 1.5})


def test_last_epoch_is_kept_whatever_was_better_and_however_long_ago(tmp_path):
    path, model = tmp_path / "network.keras", model_of_one_weight()
    callback = KeptEpoch(path, patience=1, kept="last")
    callback.set_model(model)
    for epoch, uar in enumerate((0.9, 0.3, 0.4)):
        model.network.set_weights([np.full((1, 1), epoch + 1.0)])
        callback.on_epoch_end(epoch, {"val_uar": uar, "val_cross_entropy": 1.0})
        assert not callback.is_over
    callback.on_train_end()
    assert callback.summary() == {"best_epoch": 3, "epochs": 3, "val_uar": 0.4, "val_cross_entropy": 1.0}
    assert keras.saving.load_model(path).get_weights()[0] == 3


def test_last_epoch_is_kept_where_nobody_is_validated_on(tmp_path):
    callback = KeptEpoch(tmp_path / "network.keras", patience=1, kept="last")
    callback.set_model(model_of_one_weight())
    for epoch in range(3):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    callback.on_train_end()
    assert callback.summary() == {"best_epoch": 3, "epochs": 3}


def test_best_epoch_without_anybody_to_choose_it_by_is_refused(tmp_path):
    with pytest.raises(StressIDError, match="nobody is validated on"):
        fit(
            None,
            [],
            None,
            [0, 1],
            TrainingConfig(kept="best"),
            checkpoint=tmp_path / "a.keras",
            history=tmp_path / "a.csv",
        )


def model_of_one_weight():
    model = keras.Model()
    model.stop_training = False
    model.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.save_network = model.network.save
    return model


@pytest.mark.parametrize(
    ("scores", "best", "epochs"),
    [
        ([(0.5, 1.0), (0.6, 1.0), (0.4, 0.5), (0.4, 0.5)], 2, 4),
        ([(0.5, 1.0), (0.5 - 1e-7, 0.9), (0.5, 0.95), (0.3, 0.1)], 3, 4),  # equal recall: the last
        ([(0.5, 1.0), (0.4, 1.0), (0.4, 1.0), (0.9, 1.0)], 1, 3),  # patience of two is over
    ],
)
def test_best_epoch_is_kept(tmp_path, scores, best, epochs):
    """As it was then; the state of the search may be handed on after any epoch."""
    path, model = tmp_path / "network.keras", model_of_one_weight()
    callback = KeptEpoch(path, patience=2)
    callback.set_model(model)
    for epoch, (uar, cross_entropy) in enumerate(scores):
        model.network.set_weights([np.full((1, 1), epoch + 1.0)])
        callback.on_epoch_end(epoch, {"val_uar": uar, "val_cross_entropy": cross_entropy})
        if model.stop_training:
            break
        state = callback.state()
        callback = KeptEpoch(path, patience=2)
        callback.set_model(model)
        callback.set_state(*state)
    assert callback.is_over == (epochs - best >= 2)
    callback.on_train_end()
    summary = callback.summary()
    assert (summary["best_epoch"], summary["epochs"]) == (best, epochs)
    assert (summary["val_uar"], summary["val_cross_entropy"]) == scores[best - 1]
    assert model.network.get_weights()[0] == best
    assert keras.saving.load_model(path).get_weights()[0] == best
    assert [file.name for file in tmp_path.iterdir()] == ["network.keras"]


def test_stored_features_come_back_by_row(tmp_path):
    features = {"ecg": np.arange(12, dtype="float32").reshape(4, 3)}
    save_teacher_features(tmp_path / "f.npz", "key", [7, 3, 9, 1], features)
    found = load_teacher_features(tmp_path / "f.npz", "key", [1, 7])
    np.testing.assert_array_equal(found["ecg"], features["ecg"][[3, 0]])


def test_stale_features_are_refused(tmp_path):
    save_teacher_features(tmp_path / "f.npz", "key", [0], {"ecg": np.zeros((1, 3))})
    with pytest.raises(StaleError, match="another teacher"):
        load_teacher_features(tmp_path / "f.npz", "other", [0])
    with pytest.raises(StaleError, match="no features of row 5"):
        load_teacher_features(tmp_path / "f.npz", "key", [0, 5])


def test_features_stored_in_half_the_bytes_keep_three_digits(tmp_path):
    features = {"ecg": np.random.default_rng(0).normal(size=(4, 3)).astype("float32")}
    save_teacher_features(tmp_path / "f.npz", "key", range(4), features, "float16")
    found = load_teacher_features(tmp_path / "f.npz", "key", range(4))["ecg"]
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, features["ecg"], rtol=1e-3)
    with pytest.raises(StressIDError, match=r"'ecg' goes up to 1e.05, more than float16 holds"):
        save_teacher_features(tmp_path / "f.npz", "key", [0], {"ecg": np.full((1, 1), 1e5)}, "float16")


def test_views_are_what_the_teacher_says_of_each(tiny_store, small_teacher):
    rows = np.flatnonzero(tiny_store.complete)[:5]

    def batches(view):
        config = PipelineConfig(batch_size=2, pad_to="largest")
        return PreparedBatches(tiny_store, rows, PRIVILEGED, config, seed=1, view=view)

    done = []
    views = compute_teacher_views(small_teacher, batches, 2, done.append)
    assert done == [1, 2]
    for view in (1, 2):
        outputs = [small_teacher.predict_on_batch(x) for x, _ in batches(view)]
        for name, values in views.items():
            assert values.shape[:2] == (5, 2)
            expected = np.concatenate([output[name] for output in outputs])
            np.testing.assert_allclose(values[:, view - 1], expected, atol=1e-5)
    plain = compute_teacher_features(small_teacher, batches(0))
    assert np.abs(views["video"] - plain["video"][:, None]).min(axis=(0, 2)).max() > 0
