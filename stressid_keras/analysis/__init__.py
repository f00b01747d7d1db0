"""What a score is worth: classical baselines, probes for shortcuts, robustness, a look inside."""
