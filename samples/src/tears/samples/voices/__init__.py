"""Sounds that come from a throat: babies, talking adults, a dog."""
