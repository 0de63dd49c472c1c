"""Serve the files of sound and their pictures."""
