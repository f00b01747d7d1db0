"""Fitting any classifier: cross-entropy, exact logs, the epoch that is kept, resuming."""
