"""The versions of a model: their folders, their history and their merit."""
