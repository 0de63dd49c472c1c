"""From a parent's own recordings to a model of their own: labels, slices, checks, fine-tuning."""
