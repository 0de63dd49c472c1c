"""The requests that a version answers before it serves."""
