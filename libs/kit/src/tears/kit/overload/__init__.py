"""Overload: give up the oldest work that cannot be done in time, so that the newest is."""
