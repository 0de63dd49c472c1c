"""Keep what the microphones hear."""
