"""Messages and tensors as they arrive, and as numpy arrays."""
