"""The versions of a model: their folders and their history."""
