"""Puts each microphone's detections in order."""
