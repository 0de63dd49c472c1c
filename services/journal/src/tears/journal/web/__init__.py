"""The web page of the journal."""
