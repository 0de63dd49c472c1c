"""Passwords of a house: which service may do what in Redis, and who may look at the dashboards."""
