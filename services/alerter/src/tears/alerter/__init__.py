"""Reads `tears:detections`, writes `tears:episodes` and tells the parent."""
