"""Which models and versions there are, and which of them answer requests."""
