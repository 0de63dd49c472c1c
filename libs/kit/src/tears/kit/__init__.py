"""What every service stands on: streams, settings, metrics, health, shutdown, clock."""
