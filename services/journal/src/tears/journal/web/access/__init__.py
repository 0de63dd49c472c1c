"""Serve the login, the guests and the tokens."""
