"""A recording: a file that is played, in real time or as fast as the pipeline follows."""
