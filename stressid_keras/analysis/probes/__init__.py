"""Probes for what a good score may be made of instead of stress: shortcuts, leaks and people told apart."""

from stressid_keras.analysis.probes.availability import availability_probabilities, score_availability
from stressid_keras.analysis.probes.duplicates import duplicate_subjects
from stressid_keras.analysis.probes.findings import findings
from stressid_keras.analysis.probes.identity import identity_probe

__all__ = [
    "availability_probabilities",
    "duplicate_subjects",
    "findings",
    "identity_probe",
    "score_availability",
]
