"""Trains the shipped model, from the dataset to the exported files."""
