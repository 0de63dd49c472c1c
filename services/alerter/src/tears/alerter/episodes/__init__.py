"""From detections in order to episodes, and to the finding that a microphone is not heard."""
