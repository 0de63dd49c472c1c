"""What a parent asks of the alerter: acknowledge, snooze, hold and resume."""
