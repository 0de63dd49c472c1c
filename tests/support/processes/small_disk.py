"""Commands on a disk that is full, without filling one."""

import os
import subprocess
import sys

# Sets the limit, then becomes the command. `preexec_fn` would do it between fork and exec, in a copy of the tests' own
# process: libraries with threads of their own run handlers there, and gRPC's abort at times.
LIMITED = """
import os, resource, sys
limit, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
os.execv(command[0], command)
"""


def run_module(module: str, *arguments: str, largest_file_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run a module as a command that cannot write a larger file: to it, that looks like a full disk."""
    return _run_limited(["-m", module, *arguments], largest_file_bytes)


def run_code(code: str, *arguments: str, largest_file_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run Python code that cannot write a larger file."""
    return _run_limited(["-c", code, *arguments], largest_file_bytes)


def _run_limited(arguments: list[str], largest_file_bytes: int) -> subprocess.CompletedProcess[str]:
    limited = [sys.executable, "-I", "-S", "-c", LIMITED, str(largest_file_bytes), sys.executable, *arguments]
    # Wide enough to keep each message on one line.
    environ = {**os.environ, "COLUMNS": "200"}
    # Python keeps the bytecode of a module even if the disk took only the beginning of it.
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(limited, capture_output=True, text=True, check=False, env=environ)
