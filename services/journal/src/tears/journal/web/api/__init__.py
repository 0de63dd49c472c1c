"""Serve the API: what the pages show, as JSON for programs. docs/api.md has examples."""
