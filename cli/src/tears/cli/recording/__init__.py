"""`tears record`: runs the journal and shows what it does."""
