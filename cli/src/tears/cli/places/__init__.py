"""Where the command keeps files that outlive it."""
