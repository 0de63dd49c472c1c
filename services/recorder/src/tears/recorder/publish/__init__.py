"""Publish: from chunks in memory to the stream in Redis."""
