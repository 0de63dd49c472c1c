"""From chunks to the stream in Redis."""
