"""Reads `tears:windows`, asks TF Serving for scores, writes `tears:detections`."""
