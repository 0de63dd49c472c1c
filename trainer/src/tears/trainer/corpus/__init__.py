"""Hours of real sound that is not crying, cut into segments: what Debian's packages hold of speech, music and noise."""
