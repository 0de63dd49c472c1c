"""What the commands show of the rooms."""
