"""Many runs of one kind beside each other: methods compared, modalities ablated, hyperparameters searched."""
