"""The student as a file for phones and pages. `runner` needs LiteRT alone; the rest needs TensorFlow."""
