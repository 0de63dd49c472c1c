"""Sounds that come from things: doors, a vacuum cleaner, a music box."""
