"""A camera, or another live stream, by its URL."""
