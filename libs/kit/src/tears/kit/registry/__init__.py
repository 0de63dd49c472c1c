"""What is known about each microphone and each room: hashes in Redis."""
