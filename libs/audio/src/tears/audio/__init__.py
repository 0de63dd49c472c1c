"""The audio arithmetic: format, level, gain, resampling, windowing. Pure."""
