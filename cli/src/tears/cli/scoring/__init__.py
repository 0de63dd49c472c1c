"""Commands that score clips with a model."""
