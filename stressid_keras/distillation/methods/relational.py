"""The geometry of a batch: distances and angles between its samples."""

from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.term import Term, feature_names, listed, spoken
from stressid_keras.layers.registration import register

ANGLE_WEIGHT = 2.0  # of the angles to the distances' 1, as in the paper
SAME = 1e-10  # squared distance over squared lengths, below which float32 tells two samples apart by rounding alone


@method("relational", {"relational": 25.0})
@register
class Relational(Term):
    """Relational knowledge distillation: the student's features keep the distances and angles of the teacher's.

    W. Park, D. Kim, Y. Lu, M. Cho, "Relational Knowledge Distillation", CVPR 2019, DOI 10.1109/CVPR.2019.00409.
    Distances are divided by their mean over the batch; both are compared with the Huber loss. Widths may differ.
    A sample's value is the mean over its pairs plus twice the mean over the angles at it, a pair or an angle being of
    different samples, so that a batch of one has none (0), and a batch of two distances alone, which always agree.
    With several teacher features, the mean over them.

    Args:
        weight: of the term.
        features: names of the teacher's features; all that it has, if empty.
    """

    paper = (
        "W. Park, D. Kim, Y. Lu, M. Cho, “Relational Knowledge Distillation”, CVPR 2019, "
        "doi:10.1109/CVPR.2019.00409"
    )
    after = "Park et al., CVPR 2019"
    across_samples = True

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.relational, options.compared)]}

    @staticmethod
    def formula(options):
        return f"{options.relational:g} × relations"

    @staticmethod
    def sentence(options):
        return (
            "Relations are the Huber losses of the distances, and twice those of the angles, between the samples of a "
            f"batch, against those of the teacher's features of {listed(map(spoken, options.compared))}."
        )

    def __init__(self, weight=25.0, features=(), **kwargs):
        super().__init__(weight, **{"name": "relational", **kwargs})
        self.features = tuple(features)

    def compared(self, teacher):
        return feature_names(self.features, teacher)

    def values(self, student, teacher, labels):
        distances, cosines = _relations(student["feature"])
        total = 0.0
        names = self.compared(teacher)
        for name in names:
            target_distances, target_cosines = _relations(teacher[name])
            total += _mean_over_others(_huber(distances - target_distances), pairs=True)
            total += ANGLE_WEIGHT * _mean_over_others(_huber(cosines - target_cosines), pairs=False)
        return total / len(names)

    def get_config(self):
        return {**super().get_config(), "features": self.features}


def _relations(x):
    """Distances (B, B) divided by their mean, and cosines (B, B, B) of the angles at the first index.

    Which samples are one and the same is told by their places, and by a tolerance: a compiler may round the two sides
    of x - x each in its own way, and a direction made of what is left is noise.
    """
    differ = _differ(x)
    difference = ops.expand_dims(x, 0) - ops.expand_dims(x, 1)  # [n, i]: from n to i
    squares = ops.sum(ops.square(difference), axis=-1)
    norms = ops.sum(ops.square(x), axis=-1)
    is_apart = squares > SAME * (ops.expand_dims(norms, 0) + ops.expand_dims(norms, 1))
    is_apart = differ * ops.cast(is_apart, x.dtype)
    length = ops.sqrt(squares * is_apart + (1.0 - is_apart))  # not 0, where the root has no slope
    distances = length * is_apart
    mean = ops.sum(distances) / ops.maximum(ops.sum(is_apart), 1.0)
    directions = difference * ops.expand_dims(is_apart / length, -1)
    cosines = ops.matmul(directions, ops.transpose(directions, (0, 2, 1)))
    return distances / (mean + ops.cast(mean <= 0, x.dtype)), cosines


def _mean_over_others(values, pairs):
    """Mean (B,) over samples that are not the first index, nor each other: of (B, B) or (B, B, B)."""
    differ = _differ(values)
    others = ops.sum(differ, axis=1)  # B - 1, as a tensor of the values' kind
    if pairs:
        return ops.sum(values * differ, axis=1) / ops.maximum(others, 1.0)
    mask = ops.expand_dims(differ, 0) * ops.expand_dims(differ, 1) * ops.expand_dims(differ, 2)
    return ops.sum(values * mask, axis=(1, 2)) / ops.maximum(others * (others - 1.0), 1.0)


def _differ(values):
    """1 where two places (B, B) of the first axis differ."""
    index = ops.arange(ops.shape(values)[0])
    return ops.cast(ops.not_equal(ops.expand_dims(index, 0), ops.expand_dims(index, 1)), values.dtype)


def _huber(x):
    size = ops.abs(x)
    return ops.where(size < 1.0, 0.5 * ops.square(x), size - 0.5)
