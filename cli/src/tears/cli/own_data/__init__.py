"""Commands for a parent's own recordings."""
