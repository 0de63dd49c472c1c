"""Adapts the shipped model to a parent's own nursery."""
