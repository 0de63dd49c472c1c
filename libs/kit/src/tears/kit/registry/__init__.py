"""What is known of each microphone and each room, as hashes in Redis."""
