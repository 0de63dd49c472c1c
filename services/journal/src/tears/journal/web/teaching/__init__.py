"""Serve what the ear has learnt."""
