"""Looking inside the networks: what student and teacher go by, and how the student's features lie."""

from stressid_keras.analysis.inspection.embedding import embed
from stressid_keras.analysis.inspection.occlusion import band_importances, occlusion_maps
from stressid_keras.analysis.inspection.teacher_modalities import modality_logits

__all__ = ["band_importances", "embed", "modality_logits", "occlusion_maps"]
