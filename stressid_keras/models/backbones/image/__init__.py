"""Backbones for a log-mel spectrogram or a Gramian angular field, (B, H, W, C)."""
