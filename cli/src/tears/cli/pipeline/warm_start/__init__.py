"""Start services as forks of one process that has imported their libraries already."""
