"""Sounds that are generated, for checking and comparing models."""
