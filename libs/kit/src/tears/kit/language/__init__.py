"""Share what is the same in the sentences of alerts and of pages."""
