"""How commands reach the alerter, and its answers come back."""
