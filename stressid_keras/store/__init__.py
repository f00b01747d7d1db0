"""Prepared windows on disk, for reading: arrays, manifest, hashes, images."""
