"""Cut clips from the chunk streams and from recordings."""
