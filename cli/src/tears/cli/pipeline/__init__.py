"""The pipeline as processes of this machine."""
