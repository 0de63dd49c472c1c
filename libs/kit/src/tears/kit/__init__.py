"""What every service is built on: streams, settings, metrics, health, shutdown, clock."""
