"""Recordings to measure with: generated, the same each time."""

from __future__ import annotations

from pathlib import Path

from tears.samples.scene import compose_scene, write_scene

RATE_HZ = 48_000


def recording(folder: Path, minutes: float, seed: int = 1) -> Path:
    """A scene of that length, mono, 48 kHz, as a file."""
    scene = compose_scene(seed=seed, minutes=minutes)
    return write_scene(scene, folder / f"scene-{seed}")
