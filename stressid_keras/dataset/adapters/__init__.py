"""Where the recordings, labels and modalities of a tree are, an adapter for each kind of tree."""
