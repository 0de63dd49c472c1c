"""Decides when scores become an episode of crying. Pure."""
