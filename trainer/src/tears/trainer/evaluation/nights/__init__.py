"""Nights in a nursery: composed from labelled clips with the truth beside them, and alerts scored against it."""
