"""Decide who may look, listen and change: passwords, sessions, tokens and links; nothing here knows of HTTP."""
