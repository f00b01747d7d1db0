"""Features first, then the classifier; and weights that change from epoch to epoch."""

import keras
import numpy as np
import pytest

from stressid_keras.distillation import Distiller
from stressid_keras.distillation.methods import Decay, FeaturesFirst, SoftTargets, WarmUp
from stressid_keras.errors import StressIDError
from stressid_keras.training.classifier import Classifier

WEIGHTS = {"face": 1.0, "heart": 0.5}


def student_with_statistics():
    keras.utils.set_random_seed(0)
    x = keras.Input((6,), name="voice")
    feature = keras.layers.Dense(4)(keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(5)(x)))
    seen = keras.layers.Dropout(0.1)(feature)
    logits = keras.layers.Dense(3, name="logits")(seen)
    return keras.Model({"voice": x}, {"logits": logits, "feature": feature})


def weights_by_part(network):
    classifier = {id(v) for v in network.get_layer("logits").variables}
    parts = {"classifier": [], "features": []}
    for v in network.weights:
        part = "classifier" if id(v) in classifier else "features"
        parts[part].append(np.array(keras.ops.convert_to_numpy(v)))
    return parts


def moved(before, after):
    return {p: any((a != b).any() for a, b in zip(before[p], after[p], strict=True)) for p in before}


def test_each_phase_moves_its_own_part_alone(batch, tmp_path):
    """Not even by weight decay, momentum or the statistics of a batch."""
    x, y = batch()
    network = student_with_statistics()
    model = Distiller(
        network,
        weights=WEIGHTS,
        terms=[SoftTargets()],
        projection="linear",
        features_first=FeaturesFirst(0.5),
    )
    start = 0
    for phase, end in model.phases(4):
        model.enter(phase)
        model.compile(keras.optimizers.AdamW(0.05, weight_decay=0.1))
        before = weights_by_part(network)
        logs = model.fit(x, y, batch_size=5, initial_epoch=start, epochs=end, verbose=0).history
        assert moved(before, weights_by_part(network)) == {p: p == phase for p in ("features", "classifier")}
        errors = logs["mse_face"][-1] + 0.5 * logs["mse_heart"][-1]
        labels = logs["cross_entropy"][-1] + logs["soft_targets"][-1]
        assert logs["loss"][-1] == pytest.approx(errors if phase == "features" else labels, rel=1e-5)
        start = end
    model.save_network(tmp_path / "student.keras")
    loaded = keras.models.load_model(tmp_path / "student.keras")
    assert len(loaded.trainable_variables) == len(student_with_statistics().trainable_variables)
    assert not network.get_layer("norm").trainable  # saving did not thaw the phase
    model.save(tmp_path / "distiller.keras")
    again = keras.models.load_model(tmp_path / "distiller.keras")
    assert again.phase == "classifier"
    assert len(again.trainable_variables) == len(model.trainable_variables) == 2
    again.enter("joint")
    assert again.student.get_layer("norm").trainable


def test_phases_share_the_epochs():
    assert FeaturesFirst(0.7).phases(10) == [("features", 7), ("classifier", 10)]
    assert FeaturesFirst(0.9).phases(2) == [("features", 1), ("classifier", 2)]
    with pytest.raises(StressIDError, match="epochs is 1; expected 2 or more"):
        FeaturesFirst(0.7).phases(1)


def test_a_training_without_phases_has_one(student):
    for model in (Classifier(student()), Distiller(student(), weights=WEIGHTS)):
        assert model.phases(5) == [("joint", 5)]
        model.enter("joint")
        with pytest.raises(StressIDError, match="has no phase 'features'"):
            model.enter("features")


def test_features_first_needs_features(student):
    with pytest.raises(StressIDError, match="no feature to learn"):
        Distiller(student(), terms=[SoftTargets()], features_first=FeaturesFirst())


@pytest.mark.parametrize(
    ("schedule", "factors"), [(WarmUp(0.5), [0, 0.5, 1, 1]), (Decay(1.0), [1, 0.75, 0.5, 0.25])]
)
def test_schedule_scales_every_term_and_not_the_labels(student, batch, schedule, factors):
    x, y = batch()
    model = Distiller(student(), weights=WEIGHTS, terms=[SoftTargets(2.0)], schedule=schedule)
    model.compile(keras.optimizers.SGD(0.01))
    logs = model.fit(x, y, epochs=4, shuffle=False, verbose=0).history
    for epoch, factor in enumerate(factors):
        terms = logs["mse_face"][epoch] + 0.5 * logs["mse_heart"][epoch] + 2 * logs["soft_targets"][epoch]
        expected = logs["cross_entropy"][epoch] + factor * terms
        assert logs["loss"][epoch] == pytest.approx(expected, rel=1e-5)


def test_schedule_goes_on_after_a_resume_as_if_there_had_been_none(student, batch):
    x, y = batch()

    def fitted(parts):
        model = Distiller(student(), weights=WEIGHTS, schedule=WarmUp(1.0))
        model.compile(keras.optimizers.SGD(0.05))
        losses, start = [], 0
        for end in parts:
            if start:  # of a run that was cut off, epochs are still those of all
                callback = keras.callbacks.LambdaCallback()
                losses += model.fit(
                    x, y, epochs=6, initial_epoch=start, callbacks=callback, shuffle=False, verbose=0
                ).history["loss"]
            else:
                stop = keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs, end=end: setattr(
                        model, "stop_training", epoch + 1 == end
                    )
                )
                losses += model.fit(x, y, epochs=6, callbacks=[stop], shuffle=False, verbose=0).history[
                    "loss"
                ]
            start = end
        return losses

    assert fitted([3, 6]) == pytest.approx(fitted([6]), rel=1e-5)
