"""Puts each room's detections in order."""
