"""Checks of a folder of clips before training."""
