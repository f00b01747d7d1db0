"""The parts of the report, each a list of pieces of HTML made from the evidence."""

from stressid_keras.reporting.sections.inside import inside_sections
from stressid_keras.reporting.sections.making import making_sections, split_sections, training_sections
from stressid_keras.reporting.sections.robustness import robustness_sections
from stressid_keras.reporting.sections.scores import score_sections
from stressid_keras.reporting.sections.trust import trust_sections

__all__ = [
    "inside_sections",
    "making_sections",
    "robustness_sections",
    "score_sections",
    "split_sections",
    "training_sections",
    "trust_sections",
]
