"""Capture: from a microphone, a camera or a file to chunks."""
