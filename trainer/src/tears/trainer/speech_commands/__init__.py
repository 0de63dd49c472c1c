"""The blog's trainer: folders of WAVs in, a network and its figures out, with speech_commands' flags and lines."""
