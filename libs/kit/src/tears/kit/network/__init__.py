"""Addresses that servers listen at."""
