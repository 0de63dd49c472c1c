"""Generates the demo's nursery scenes and their truth; every sound is synthesised."""

from tears.samples.errors import SamplesError
from tears.samples.scene import Scene, SceneEvent, SceneTruth, compose_scene, demo_scene
from tears.samples.scene_files import write_scene

__all__ = ["SamplesError", "Scene", "SceneEvent", "SceneTruth", "compose_scene", "demo_scene", "write_scene"]
