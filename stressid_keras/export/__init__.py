"""The student as files for phones and pages. `runner` needs LiteRT alone; the rest needs TensorFlow."""
