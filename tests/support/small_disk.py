"""Commands on a disk that is full, without filling one."""

from __future__ import annotations

import resource
import subprocess
import sys


def run_module(module: str, *arguments: str, largest_file_bytes: int) -> subprocess.CompletedProcess[str]:
    """Runs a module as a command that can write no larger file: to it that looks like a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, largest_file_bytes))

    return subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False, preexec_fn=limit
    )
