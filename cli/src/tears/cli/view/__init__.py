"""The view of the rooms that commands show."""
