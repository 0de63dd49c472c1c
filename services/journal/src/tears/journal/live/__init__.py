"""What happens now: the rooms as they are, their sound, and what a parent asks for."""
