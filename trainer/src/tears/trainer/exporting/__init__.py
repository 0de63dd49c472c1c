"""Writes a trained model as servers load it, and compares it with what was trained. Needs TensorFlow."""
