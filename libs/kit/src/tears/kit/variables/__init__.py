"""The names of all variables, and their text as people write it."""
