"""Where servers listen."""
