"""The page of results, and the machine that they were measured on."""
