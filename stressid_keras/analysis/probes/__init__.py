"""Probes for what a good score may be made of instead of stress: shortcuts, leaks and people told apart.

Each registers itself in `PROBES`, with what is said and shown of it.
"""

from stressid_keras.analysis.probes.availability import availability_probabilities, score_availability
from stressid_keras.analysis.probes.findings import findings
from stressid_keras.analysis.probes.identity import identity_probe
from stressid_keras.analysis.probes.probe import (
    PROBES,
    Key,
    Probe,
    ProbeInputs,
    ProbeTable,
    Windows,
    run_probes,
)
from stressid_keras.analysis.probes.same_person import duplicate_subjects
from stressid_keras.system.registry import import_modules

import_modules(__name__, __path__)

__all__ = [
    "PROBES",
    "Key",
    "Probe",
    "ProbeInputs",
    "ProbeTable",
    "Windows",
    "availability_probabilities",
    "duplicate_subjects",
    "findings",
    "identity_probe",
    "run_probes",
    "score_availability",
]
