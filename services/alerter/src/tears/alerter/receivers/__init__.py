"""Who gets which notices, how often, and who gets them if nobody reacts."""
