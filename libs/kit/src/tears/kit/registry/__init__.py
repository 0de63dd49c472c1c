"""The registries of microphones and rooms: hashes in Redis."""
