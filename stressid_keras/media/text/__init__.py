"""Signals in text tables, of any dialect, with or without a time column."""
