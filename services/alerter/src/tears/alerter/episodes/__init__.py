"""Finds episodes in ordered detections, and microphones that give no scores."""
