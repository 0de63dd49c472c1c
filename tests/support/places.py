"""Paths in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
# The folder of the model version that the repository ships.
SHIPPED_VERSION = ROOT / "models" / "cry" / "1"
