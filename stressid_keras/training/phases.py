"""The parts of a training whose features and classifier are trained one after the other."""

JOINT, FEATURES, CLASSIFIER = "joint", "features", "classifier"
