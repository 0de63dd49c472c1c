"""The notices to a parent, and their delivery to each receiver."""
