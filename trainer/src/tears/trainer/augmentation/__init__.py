"""Compose training windows that differ: other rooms, microphones, devices, levels and babies."""
