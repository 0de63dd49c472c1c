"""Generates the demo's nursery scenes and their truth; every sound is synthesised."""
