"""The recipe of the shipped model, from the dataset to the exported files."""
