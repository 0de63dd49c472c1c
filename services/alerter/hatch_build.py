"""Writes the cry of the self-test into the package whenever it is built, or installed in editable mode.

The demo's generator makes it, so the file is not committed.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SelfTestCryBuildHook(BuildHookInterface):
    """Runs `tears.samples` from its folder in the workspace."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write `cry.wav` beside the code that plays it.

        Raises:
            RuntimeError: The workspace's folder `samples` is not there.
        """
        root = Path(self.root)
        samples = root.parent.parent / "samples" / "src"
        if not samples.is_dir():
            raise RuntimeError(f"{samples} is missing: build the alerter in a checkout of the whole repository")
        sys.path.insert(0, str(samples))
        from tears.samples.self_test_cry import write_self_test_cry

        write_self_test_cry(root / "src" / "tears" / "alerter" / "proof" / "cry.wav")
