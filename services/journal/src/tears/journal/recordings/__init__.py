"""Rolling recordings: the sound of the chunk streams in files."""
