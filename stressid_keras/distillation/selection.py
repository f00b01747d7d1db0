"""What says on which samples the terms of a distillation loss count."""


class Selection:
    """Lets a sample's terms count or not; where they do not, the student learns from the label alone.

    It has no options and no weights; one that is registered with Keras is saved with the distiller.
    """

    @classmethod
    def arguments(cls, options):
        return {"selections": [cls()]}

    def counts(self, student, teacher, labels):
        """1 where a sample's terms count, else 0, (B,).

        Args:
            student, teacher: logits (B, n_classes).
            labels: int (B,).
        """
        raise NotImplementedError

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
