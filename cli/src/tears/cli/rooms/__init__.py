"""The rooms that a pipeline knows."""
