"""Files to samples and frames: sound, film, text tables, and what decoding needs."""
