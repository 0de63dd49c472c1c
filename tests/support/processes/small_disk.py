"""Commands on a disk that is full, without filling one."""

from __future__ import annotations

import os
import subprocess
import sys

# Takes the limit on, and becomes the command. Not between fork and exec, in a copy of the tests' own process: libraries
# with threads of their own run handlers there, and gRPC's abort at times.
LIMITED = """
import os, resource, sys
limit, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
os.execv(command[0], command)
"""


def run_module(module: str, *arguments: str, largest_file_bytes: int) -> subprocess.CompletedProcess[str]:
    """Runs a module as a command that can write no larger file: to it that looks like a full disk."""
    command = [sys.executable, "-m", module, *arguments]
    limited = [sys.executable, "-I", "-S", "-c", LIMITED, str(largest_file_bytes), *command]
    # Wide, so that what is said stays in its line.
    environ = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(limited, capture_output=True, text=True, check=False, env=environ)
