"""Reads `tears:detections`, writes `tears:episodes` and `tears:rooms`, and notifies the parents."""
