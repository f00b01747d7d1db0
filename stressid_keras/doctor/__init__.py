"""What this machine and installation have, and what is missing for what: `python -m stressid_keras doctor`.

Works on the light install. Keras and the backends are not imported, so that an answer takes less than a second.
"""

from stressid_keras.doctor.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
