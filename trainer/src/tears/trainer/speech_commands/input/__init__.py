"""The recordings that the blog's trainer learns from."""
