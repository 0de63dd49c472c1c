"""The audio arithmetic: format, level, gain, resampling, windows. Pure; import from its modules."""
