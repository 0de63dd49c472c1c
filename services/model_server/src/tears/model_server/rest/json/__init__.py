"""Requests and replies as JSON."""
