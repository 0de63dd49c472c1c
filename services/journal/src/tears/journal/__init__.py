"""Keep what the microphones captured."""
