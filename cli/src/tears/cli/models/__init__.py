"""Commands for the versions of a model."""
