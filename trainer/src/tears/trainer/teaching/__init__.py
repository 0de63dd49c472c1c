"""What a home teaches a model: the guard set that ships with it, and how well it works with real recordings."""
