"""Looking inside the networks: what student and teacher go by, and how the student's features lie."""

from stressid_keras.inspection.embedding import embed
from stressid_keras.inspection.modalities import modality_logits
from stressid_keras.inspection.occlusion import band_importance, occlusion_map

__all__ = ["band_importance", "embed", "modality_logits", "occlusion_map"]
