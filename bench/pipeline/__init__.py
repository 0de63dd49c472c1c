"""The pipeline under load, beside the least that the same work costs."""
