"""The page where a parent says that the baby cried and Tears missed it."""
