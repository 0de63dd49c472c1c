"""What Apprise lacks to hand a notice over: files from memory, the meaning of a failure, answers of a bounded size."""
