"""The sound of the rooms for those who listen now: MP3 pieces of a second, encoded once for each room."""
