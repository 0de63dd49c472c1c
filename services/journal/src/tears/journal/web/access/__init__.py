"""Serve the login."""
