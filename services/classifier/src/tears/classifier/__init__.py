"""Reads `tears:windows`, asks TF Serving, writes `tears:detections`."""
