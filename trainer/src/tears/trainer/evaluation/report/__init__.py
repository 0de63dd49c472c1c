"""Measure a model for its card: on clips, in composed nights, and on sources that it was not trained on."""
