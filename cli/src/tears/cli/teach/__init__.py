"""`tears teach`: let the model learn a home's own sounds."""
