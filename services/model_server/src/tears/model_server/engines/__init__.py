"""The engines that run a version: LiteRT, and TensorFlow as an extra."""
