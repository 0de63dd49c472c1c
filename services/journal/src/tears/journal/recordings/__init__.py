"""Write the sound of the chunk streams into files, and delete the oldest."""
