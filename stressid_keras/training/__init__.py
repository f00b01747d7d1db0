"""Fitting any classifier: cross-entropy, exact logs, the best epoch, resuming."""
