"""The models and their versions, and which of them answer requests."""
