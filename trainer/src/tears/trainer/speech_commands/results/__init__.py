"""Figures, tables and pictures of a training run."""
