"""Reads a microphone or recordings, writes `tears:chunks:<mic>`."""
