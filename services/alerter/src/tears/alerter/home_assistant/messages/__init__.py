"""What is told to the MQTT broker and heard from it: from values to messages and back. No I/O."""
