"""Export a trained model as a version that servers load. Needs TensorFlow."""
