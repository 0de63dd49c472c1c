"""What the alerter keeps of each night, and the report of it. No alert depends on it."""
