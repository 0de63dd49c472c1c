"""Lengths of time as people read them."""

from __future__ import annotations


def minutes_and_seconds(seconds: float) -> str:
    """Return `3:07` for 187.9 s: whole minutes and whole seconds, rounded down."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
