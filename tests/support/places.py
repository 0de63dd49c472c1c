"""Where things lie in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
# The version of the model that the repository ships.
SHIPPED_VERSION = ROOT / "models" / "cry" / "1"
