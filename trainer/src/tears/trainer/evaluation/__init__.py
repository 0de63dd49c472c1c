"""Measure models: on clips, in composed nights, and under alerting policies."""
