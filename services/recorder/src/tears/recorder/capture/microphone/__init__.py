"""A microphone, captured by a process of its own."""
