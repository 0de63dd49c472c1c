"""From a microphone, a camera or a file to chunks."""
