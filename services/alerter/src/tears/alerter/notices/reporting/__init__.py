"""Says on `tears:notices` who was told of what, for those who show it."""
