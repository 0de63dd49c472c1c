"""The program that cuts and encodes a clip, in a process of its own: it alone loads numpy and libsndfile."""
