"""Proves that the whole chain hears, and tells of what else keeps the house from being listened to."""
