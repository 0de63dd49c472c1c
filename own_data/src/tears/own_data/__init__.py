"""A parent's own recordings, labels, clips and model versions. Needs no TensorFlow."""
