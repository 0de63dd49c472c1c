"""Hours of real sound without crying, cut into segments: the speech, music and noise in Debian's packages."""
