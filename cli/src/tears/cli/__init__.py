"""The `tears` command."""
