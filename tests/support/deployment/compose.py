"""The house in containers: `docker compose` on this checkout's files, as a project of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from support.places import ROOT
from support.waiting import wait_until

# All but Grafana, whose image some machines cannot have; `up` brings nothing else.
RUNNING = ("redis", "model-server", "recorder", "preprocessor", "classifier", "alerter", "prometheus", "demo")
HOUSE = (*RUNNING, "scene")
# A look at a container starts a process, and another in the engine.
LOOK_SECONDS = 0.5
CALL_SECONDS = 120.0
UP_SECONDS = 240.0
# A health check comes round every 10 s.
RECOVERY_SECONDS = 120.0

_MINE = ("TEARS_", "COMPOSE_")


def run(*command: str, deadline_seconds: float = CALL_SECONDS, environ: Mapping[str, str] | None = None) -> str:
    """What a command prints, both outputs together.

    Raises:
        AssertionError: it ended with another status than 0; what it printed stands in the message.
    """
    status, output = attempt(*command, deadline_seconds=deadline_seconds, environ=environ)
    assert status == 0, f"{' '.join(command)}\nended with {status}:\n{output}"
    return output


def attempt(
    *command: str, deadline_seconds: float = CALL_SECONDS, environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The status of a command and what it prints, both outputs together."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_MINE)}
    done = subprocess.run(
        command,
        env={**inherited, **(environ or {})},
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=deadline_seconds,
    )
    return done.returncode, done.stdout.decode(errors="replace")


class Containers:
    """One project: what it starts is gone, with its volumes and networks, at the end of the `with` block."""

    def __init__(self, project: str, *, environ: Mapping[str, str] | None = None, override: str = "") -> None:
        """Starts nothing yet.

        Args:
            project: its name; containers of other projects are not touched.
            environ: its settings, as a `.env` would have them; the checkout's own `.env` is not read.
            override: a compose file on top of the checkout's own.
        """
        self._project = project
        self._environ = dict(environ or {})
        self._override = override

    def command(self, *arguments: str) -> list[str]:
        """The whole command line of a call of `docker compose`."""
        files = ["--file", "docker-compose.yml", *(["--file", self._override] if self._override else [])]
        options = [
            "--project-name",
            self._project,
            "--env-file",
            os.devnull,
            "--profile",
            "demo",
            "--progress",
            "quiet",
        ]
        return ["docker", "compose", *files, *options, *arguments]

    def call(self, *arguments: str, deadline_seconds: float = CALL_SECONDS) -> str:
        """What `docker compose` prints; AssertionError where it fails."""
        return run(*self.command(*arguments), deadline_seconds=deadline_seconds, environ=self._environ)

    def attempt(self, *arguments: str, deadline_seconds: float = CALL_SECONDS) -> tuple[int, str]:
        """The status of `docker compose` and what it prints."""
        return attempt(*self.command(*arguments), deadline_seconds=deadline_seconds, environ=self._environ)

    def up(self, *services: str, wait: bool = True) -> None:
        """Starts these and what they depend on; returns once they are healthy."""
        waiting = ["--wait", "--wait-timeout", str(round(UP_SECONDS))] if wait else []
        self.call("up", "--detach", *waiting, *services, deadline_seconds=UP_SECONDS + CALL_SECONDS)

    def inspect(self, service: str) -> dict[str, Any]:
        """All that the engine knows of a service's container, running or not."""
        identifier = self.call("ps", "--all", "--quiet", service).strip()
        assert identifier, f"there is no container of {service}:\n{self.call('ps', '--all')}"
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", identifier))
        return found[0]

    def health(self, service: str) -> str:
        """`healthy`, `unhealthy`, `starting`; or the state of a container that does not run."""
        state = self.inspect(service)["State"]
        return str(state["Health"]["Status"] if state["Status"] == "running" else state["Status"])

    def health_log(self, service: str) -> str:
        """What the health check said last."""
        log = self.inspect(service)["State"]["Health"]["Log"]
        return str(log[-1]["Output"]) if log else ""

    def logs(self, service: str) -> str:
        """What a service has printed."""
        return self.call("logs", "--no-log-prefix", "--no-color", service)

    def address(self, service: str) -> str:
        """Where this machine reaches a service that publishes nothing: the container's own address."""
        networks = self.inspect(service)["NetworkSettings"]["Networks"]
        return str(networks[f"{self._project}_audio"]["IPAddress"])

    def run_in(self, service: str, *command: str) -> tuple[int, str]:
        """Runs a command in a service's container: its status, and what it prints."""
        return self.attempt("exec", "--no-TTY", service, *command)

    def wait_until_healthy(self, service: str, deadline_seconds: float = RECOVERY_SECONDS) -> None:
        """Blocks until the health check of a running container says so."""
        wait_until(
            lambda: self.health(service) == "healthy",
            deadline_seconds,
            describe=lambda: f"{service} is {self.health(service)}: {self.health_log(service)}\n{self.logs(service)}",
            look_seconds=LOOK_SECONDS,
        )

    def wait_for_log(self, service: str, text: str, deadline_seconds: float = RECOVERY_SECONDS) -> None:
        """Blocks until a service has printed `text`."""
        wait_until(
            lambda: text in self.logs(service),
            deadline_seconds,
            describe=lambda: f"{text!r} in the log of {service}:\n{self.logs(service)}",
            look_seconds=LOOK_SECONDS,
        )

    def crash(self, service: str) -> None:
        """Kills a container's main process behind the engine's back, and waits until another one runs.

        `docker kill` is no crash to the engine: what somebody ended by hand is not started again.
        """
        before = self.inspect(service)
        host = ["docker", "run", "--rm", "--pid=host", "--user=0", "--network=none", "--entrypoint=sh"]
        run(*host, "redis:7-bookworm", "-c", f"kill -KILL {before['State']['Pid']}")
        wait_until(
            lambda: self._lives_anew(service, before["RestartCount"]),
            RECOVERY_SECONDS,
            describe=f"{service} started again by the engine",
            look_seconds=LOOK_SECONDS,
        )

    def _lives_anew(self, service: str, restarts: int) -> bool:
        now = self.inspect(service)
        return bool(now["RestartCount"] > restarts and now["State"]["Status"] == "running")

    def down(self) -> None:
        """Removes all that the project has made, but the images."""
        self.call("down", "--volumes", "--remove-orphans", "--timeout", "5")

    def __enter__(self) -> Self:
        self.down()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()


def config(*arguments: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `docker compose config` makes of the checkout's files."""
    command: Sequence[str] = ["docker", "compose", "--env-file", os.devnull, *arguments, "config", "--format", "json"]
    found: dict[str, Any] = json.loads(run(*command, environ=environ))
    return found
