"""What is planned for the receivers: repeats, and who is told if nobody reacts."""
