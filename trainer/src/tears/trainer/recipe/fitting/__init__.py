"""Fit a network to composed windows."""
