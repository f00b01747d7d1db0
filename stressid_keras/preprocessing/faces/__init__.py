"""Faces in the frames of a window: where they are, one box for the window, and the frames cut to it."""
