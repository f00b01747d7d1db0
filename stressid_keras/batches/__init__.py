"""From the store to Keras: plan, augmentation, tf.data and PyDataset, cache."""
