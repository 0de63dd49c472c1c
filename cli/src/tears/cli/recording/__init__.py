"""`tears record`: run the journal and show what it does."""
