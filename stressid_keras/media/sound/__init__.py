"""Sound files to samples: what a file holds is decided by its content and its decoded length, never by its header."""
