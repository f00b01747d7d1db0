"""Random changes of training samples, a file each; `config.AUGMENTATIONS` says in which order they are made."""
