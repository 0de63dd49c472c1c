"""Make pictures and MP3s of clips, piece by piece: memory does not grow with the length of a clip."""
