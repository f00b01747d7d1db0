"""Looking inside the networks: what the student listens to, and how its features lie."""

from stressid_keras.inspection.embedding import embed
from stressid_keras.inspection.occlusion import band_importance, occlusion_map

__all__ = ["band_importance", "embed", "occlusion_map"]
