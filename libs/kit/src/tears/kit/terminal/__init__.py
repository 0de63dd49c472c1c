"""Programs that somebody starts by hand in a terminal."""
