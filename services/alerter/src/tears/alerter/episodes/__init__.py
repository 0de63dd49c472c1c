"""From detections in order to episodes, and to the finding that nobody listens to a room."""
