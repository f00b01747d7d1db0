"""The control of every comparison."""

from stressid_keras.distillation.method_registry import CONTROL, method


@method(CONTROL)
class CrossEntropy:
    """Labels alone: the control, which no teacher helps."""

    paper = after = ""

    @staticmethod
    def arguments(options):
        return {}

    @staticmethod
    def formula(options):
        return "cross-entropy to the labels alone, which no teacher helps"

    @staticmethod
    def sentence(options):
        return "The student hears audio only and learned from the labels alone, as the control: no teacher helped it."
