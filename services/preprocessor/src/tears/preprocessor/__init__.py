"""Reads `tears:chunks:<mic>`, writes 5 s windows to `tears:windows`."""
