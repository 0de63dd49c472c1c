"""What the parents' page asks of the receivers: tests, checks of a changed list, and the key of its links."""
