"""Registration of this package's Keras objects, so that `.keras` files load with no custom objects by hand."""

import keras

register = keras.saving.register_keras_serializable(package="stressid_keras")
