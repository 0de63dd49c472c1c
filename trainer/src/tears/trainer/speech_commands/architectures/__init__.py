"""The architectures of the trainer: the six of TensorFlow's speech_commands, and `nursery`."""
