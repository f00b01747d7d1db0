"""Class weights, the best epoch, and stored features."""

import numpy as np
import pytest

from stressid_keras.distillation import (
    BestEpoch,
    class_weights,
    load_teacher_features,
    save_teacher_features,
)
from stressid_keras.errors import StaleError


def test_class_weights_are_inverse_frequencies_with_mean_one():
    labels = [0] * 6 + [1] * 3 + [2]
    weights = class_weights(labels, 3)
    assert weights[1] == pytest.approx(2 * weights[0])
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1.0)


def test_absent_class_has_no_weight():
    assert class_weights([0, 0, 2], 3) == pytest.approx({0: 0.75, 1: 0.0, 2: 1.5})


class Network:
    """Counts the epochs at which it was saved."""

    def __init__(self):
        self.saved, self.restored = [], None

    def save(self, path):
        self.saved.append(path)
        path.write_text("network")

    def load_weights(self, path):
        self.restored = path


class Model:
    def __init__(self):
        self.network, self.stop_training = Network(), False


@pytest.mark.parametrize(
    ("scores", "best", "epochs"),
    [
        ([(0.5, 1.0), (0.6, 1.0), (0.4, 0.5), (0.4, 0.5)], 2, 4),
        ([(0.5, 1.0), (0.5 - 1e-7, 0.9), (0.5, 0.95), (0.3, 0.1)], 3, 4),  # equal recall: the last
        ([(0.5, 1.0), (0.4, 1.0), (0.4, 1.0), (0.9, 1.0)], 1, 3),  # patience of two is over
    ],
)
def test_best_epoch_is_kept(tmp_path, scores, best, epochs):
    callback, model = BestEpoch(tmp_path / "network.keras", patience=2), Model()
    callback.set_model(model)
    for epoch, (uar, cross_entropy) in enumerate(scores):
        callback.on_epoch_end(epoch, {"val_uar": uar, "val_cross_entropy": cross_entropy})
        if model.stop_training:
            break
    callback.on_train_end()
    summary = callback.summary()
    assert (summary["best_epoch"], summary["epochs"]) == (best, epochs)
    assert (summary["val_uar"], summary["val_cross_entropy"]) == scores[best - 1]
    assert model.network.restored == tmp_path / "network.keras"
    assert [path.name for path in tmp_path.iterdir()] == ["network.keras"]


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
