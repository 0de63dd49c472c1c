"""What a parent is told, and how it reaches each receiver."""
