"""Backbones for statistics of what a pretrained encoder makes of a recording, (B, n)."""
