"""The device side, without Keras: an exported student asked about recordings and streams."""
