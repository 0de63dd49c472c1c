"""Measures a model on clips and in whole nights, and writes its card."""
