"""Recordings for the trainer: fetching, finding, sampling, background noise."""
