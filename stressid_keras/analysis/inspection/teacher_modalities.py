"""What a teacher's decision owes to each modality: its logits with some of the features taken away."""

import numpy as np

from stressid_keras.errors import StressIDError


def modality_logits(
    teacher: "keras.Model",  # noqa: F821  Keras is not imported for its name
    features: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Logits of the trained teacher with every modality left out, and with every modality alone.

    A feature that is left out is zero before the classifier: what modality dropout shows the classifier in training
    (ModDrop, Neverova et al., IEEE TPAMI 38, 2016), save that dropout also scales what it keeps by 1 / (1 - rate),
    which inference does not. So the classifier knows the absence of a modality only if it was trained with
    `modality_dropout` above 0, and then best that of one at a time. What is measured is how much this teacher goes by a
    modality, not what a teacher that was trained without it would reach.

    Args:
        teacher: functional, with the outputs `logits` and features by name, from which alone the logits are computed.
        features: (n, d) by name, as the teacher gives them.

    Returns:
        (n, classes) by `without_<name>`, and by `only_<name>`.

    Raises:
        StressIDError: the teacher computes its logits from more than its features.
    """
    import keras  # here, for what only writes a report does not wait for it

    names = [name for name in teacher.output if name != "logits"]
    try:
        classifier = keras.Model([teacher.output[name] for name in names], teacher.output["logits"])
    except ValueError as error:
        raise StressIDError(
            "the teacher's logits do not come from its features alone; expected a classifier on top of them."
        ) from error
    kept = {f"without_{name}": [other for other in names if other != name] for name in names}
    kept |= {f"only_{name}": [name] for name in names}

    def masked(present: list[str]) -> list[np.ndarray]:
        return [features[name] * (name in present) for name in names]

    return {key: classifier.predict(masked(present), verbose=0) for key, present in kept.items()}
