"""`tears alerts`: check who is notified, and try it."""
