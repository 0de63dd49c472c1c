"""Scoring windows with a model in this process, and judging the scores."""
