"""What the alerter has kept of the nights: a report, and what each sensitivity would have done."""
