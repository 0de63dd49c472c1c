"""Generates the demo's nursery scenes and their truth; every sound is synthesised."""

from tears.samples.errors import SamplesError
from tears.samples.scene import Event, Scene, Truth, compose_scene, demo_scene
from tears.samples.scene_files import write_scene

__all__ = ["Event", "SamplesError", "Scene", "Truth", "compose_scene", "demo_scene", "write_scene"]
