"""`tears journal`: what is done for the journal outside of its pages."""
