"""Measures a model for its card: on clips, in composed nights, on sources that it has not seen."""
