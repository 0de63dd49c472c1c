"""Serve the setup and the first run."""
