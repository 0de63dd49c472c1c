"""Addresses that servers listen at, and links that they answer to."""
