"""Serve what is heard now."""
