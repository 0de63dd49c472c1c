"""The labels beside a parent's recordings."""
