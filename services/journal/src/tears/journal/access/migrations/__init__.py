"""The steps of the database of who may log in, each a file of SQL."""
