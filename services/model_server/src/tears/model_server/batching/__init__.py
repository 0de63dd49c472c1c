"""Combines concurrent requests into one batch."""
