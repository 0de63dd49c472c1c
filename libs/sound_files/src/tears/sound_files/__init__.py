"""Files of sound as they are: read piece by piece, and never trusted about their own length."""
