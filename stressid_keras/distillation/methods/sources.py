"""Who is imitated: a teacher that never saw the person, the student itself, or a teacher that was shuffled.

These change what is given to the student, not the loss: a run computes it, see `workflow.imitation`.
"""

from stressid_keras.distillation.method_registry import TERMS, method


class Source:
    """Says what is given, or how much of it counts, and a run does it; the distiller is the same."""

    @staticmethod
    def arguments(options):
        return {}


@method("cross-fit", {"imitated": "cross-fit"}, changes=TERMS)
class CrossFitting(Source):
    """What is imitated for a training person comes from a teacher that was trained without this person.

    A teacher knows its training people by heart, and then says of them little but their labels. T. Dao, G. Kamath, V.
    Syrgkanis, L. Mackey, "Knowledge Distillation as Semiparametric Inference", ICLR 2021, arXiv:2104.09732.
    """

    paper = (
        "T. Dao, G. Kamath, V. Syrgkanis, L. Mackey, “Knowledge Distillation as Semiparametric Inference”, ICLR 2021, "
        "arXiv:2104.09732"
    )
    after = "Dao et al., ICLR 2021"

    @staticmethod
    def sentence(options):
        return (
            f"What the student learns of a person is said by one of {options.cross_fit_parts} teachers that was "
            "trained without this person; their features are brought into one space by a ridge regression on the "
            "people whom both teachers know."
        )


@method("forest", {"imitated": "forest"}, changes=TERMS)
class Forest(Source):
    """A random forest on the measures of signals and face, cross-fitted, takes the place of the teacher.

    L. Breiman, "Random Forests", Machine Learning 45, 2001: of few people's measures it may know more than a network.
    That a student can learn from any kind of teacher: D. Lopez-Paz et al., "Unifying Distillation and Privileged
    Information", ICLR 2016, arXiv:1511.03643.
    """

    paper = "L. Breiman, “Random Forests”, Machine Learning 45, 2001, doi:10.1023/A:1010933404324"
    after = "Breiman, 2001"

    @staticmethod
    def sentence(options):
        return (
            f"The teacher's place is taken by {options.cross_fit_parts} random forests on the measures of signals and "
            "face, each of which is asked about people other than its own."
        )


@method("born-again", {"imitated": "born-again"}, changes=TERMS)
class BornAgain(Source):
    """A negative control: predictions of cross-fitted students from the audio take the place of the teacher's.

    The teacher then tells nothing, and what is left of a gain comes without other modalities. T. Furlanello et al.,
    "Born-Again Neural Networks", ICML 2018, arXiv:1805.04770, where it was the training part itself that was answered.
    """

    paper = (
        "T. Furlanello, Z. C. Lipton, M. Tschannen, L. Itti, A. Anandkumar, “Born-Again Neural Networks”, ICML 2018, "
        "arXiv:1805.04770"
    )
    after = "Furlanello et al., ICML 2018"

    @staticmethod
    def sentence(options):
        return (
            f"The teacher's place is taken by {options.cross_fit_parts} students, each trained with cross-entropy "
            "alone on others than whom it is asked about."
        )


@method("permuted", {"permuted": True}, changes=TERMS)
class Permuted(Source):
    """A negative control: the teacher's outputs are exchanged within a class, and within a person where possible.

    What is then left of a gain is what the regularisation is worth, and not what other modalities say of a recording.
    On teachers that know nothing, and help: L. Yuan et al., "Revisiting Knowledge Distillation via Label Smoothing
    Regularization", CVPR 2020, arXiv:1909.11723.
    """

    paper = (
        "L. Yuan, F. E. H. Tay, G. Li, T. Wang, J. Feng, “Revisiting Knowledge Distillation via Label Smoothing "
        "Regularization”, CVPR 2020, arXiv:1909.11723"
    )
    after = "Yuan et al., CVPR 2020"

    @staticmethod
    def sentence(options):
        return (
            "The teacher's outputs were exchanged among training windows of the same class, and of the same person "
            "where there are several: a control."
        )
