"""Where a changed list of receivers lies until the alerter has checked it. No I/O."""

from pathlib import Path


def draft_of(alerts_path: Path) -> Path:
    """Return the place of the draft for a file of receivers: beside it, so that a rename puts it into use."""
    return alerts_path.with_name(f"{alerts_path.name}.draft")
