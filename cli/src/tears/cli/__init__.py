"""The `tears` command: up, replay, predict, evaluate."""
