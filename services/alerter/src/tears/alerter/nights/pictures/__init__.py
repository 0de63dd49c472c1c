"""The picture of a night, and the process that draws it."""
