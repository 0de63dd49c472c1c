"""The pages about nights, episodes, missed crying and sensitivity."""
