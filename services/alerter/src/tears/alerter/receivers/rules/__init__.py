"""What each receiver wants, and how that is written in `alerts.toml`."""
