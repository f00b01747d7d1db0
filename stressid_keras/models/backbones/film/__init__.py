"""Backbones for a clip of frames, (B, T, H, W, 3)."""
