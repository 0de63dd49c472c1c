"""Serve labels, stars and the other changes of what is remembered."""
