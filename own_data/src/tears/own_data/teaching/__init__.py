"""Teach a model a home's own sounds: a new last layer of its decision, fitted by numpy within seconds on a Pi."""
