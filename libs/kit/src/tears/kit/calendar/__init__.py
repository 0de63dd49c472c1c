"""Days and nights of the house's time zone."""
