"""Generate recordings to measure with, the same each time."""

from __future__ import annotations

from pathlib import Path

from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene


def recording(folder: Path, minutes: float, seed: int = 1) -> Path:
    """Write a scene of this length to a file: mono, 48 kHz."""
    return write_scene(compose_scene(seed, minutes=minutes), folder, f"scene-{seed}")
