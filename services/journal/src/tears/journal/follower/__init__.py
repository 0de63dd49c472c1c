"""One thread that reads what the pipeline writes, and hands it to the parts of the journal."""
