"""Describe a program that the service host is asked to run, with its environment."""

import json
import os
import runpy
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from setproctitle import setproctitle, setthreadtitle


@dataclass(frozen=True)
class ServiceRequest:
    """A module to run as `python -m MODULE ARGUMENTS`, with exactly these environment variables."""

    module: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]

    @classmethod
    def of_command(cls, command: Sequence[str], environ: Mapping[str, str]) -> Self:
        """Return the request for a command, which must be `[sys.executable, "-m", MODULE, ARGUMENT...]`.

        Raises:
            ValueError: It is another one, which a fork of our interpreter cannot run.
        """
        if list(command[:2]) != [sys.executable, "-m"]:
            raise ValueError(f"not a module of this interpreter: {shlex.join(command)}")
        return cls(command[2], tuple(command[3:]), dict(environ))

    def encode(self) -> bytes:
        """Return the request as JSON."""
        return json.dumps([self.module, self.arguments, dict(self.environ)]).encode()

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Return the request that was encoded so."""
        module, arguments, environ = json.loads(encoded)
        return cls(module, tuple(arguments), environ)

    def run(self) -> None:
        """Run the module in this process, which `ps` shows with its command from now on."""
        setproctitle(shlex.join([sys.executable, "-m", self.module, *self.arguments]))
        setthreadtitle(Path(sys.executable).name)
        os.environ.clear()
        os.environ.update(self.environ)
        sys.argv = [self.module, *self.arguments]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)
