"""Batching: requests that come at the same time are computed together."""
