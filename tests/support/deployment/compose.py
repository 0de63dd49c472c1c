"""The pipeline in containers: `docker compose` on this checkout's files, as a project of its own."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Self

from support.places import ROOT
from support.waiting import wait_until

# All services except Grafana, because some machines cannot get its image.
RUNNING = (
    "redis",
    "model-server",
    "recorder",
    "preprocessor",
    "classifier",
    "alerter",
    "journal",
    "prometheus",
    "demo",
)
ALL_SERVICES = (*RUNNING, "scene")
# Each look at a container starts a process, and another one in the engine.
LOOK_SECONDS = 0.5
CALL_SECONDS = 120.0
UP_SECONDS = 240.0
# A health check runs every 10 s.
RECOVERY_SECONDS = 120.0

_OWN_SETTINGS = ("TEARS_", "COMPOSE_")
# Any free port of this machine, because another program may use the usual one.
_ANY_PAGE_PORT = {"TEARS_JOURNAL_PORT": "127.0.0.1:0"}
# A machine that cannot get the images of others names its own.
_IMAGES = ("TEARS_REDIS_IMAGE", "TEARS_PROMETHEUS_IMAGE")
_DEFAULT_REDIS_IMAGE = re.findall(r"TEARS_REDIS_IMAGE:-([^}]+)", (ROOT / "docker-compose.yml").read_text())[0]


def run_command(*command: str, deadline_seconds: float = CALL_SECONDS, environ: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it prints to both outputs.

    Raises:
        AssertionError: Its status is not 0; the message has its output.
    """
    status, output = attempt(*command, deadline_seconds=deadline_seconds, environ=environ)
    assert status == 0, f"{' '.join(command)}\nended with {status}:\n{output}"
    return output


def attempt(
    *command: str, deadline_seconds: float = CALL_SECONDS, environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command; return its status and what it prints to both outputs."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS) or name in _IMAGES
    }
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
    """One project of docker compose, in a `with` block that removes its containers, volumes and networks at the end."""

    def __init__(self, project: str, *, environ: Mapping[str, str] | None = None, override: str = "") -> None:
        """Start nothing yet.

        Args:
            project: Its name; containers of other projects are not touched.
            environ: Its settings, as in a `.env` file; the checkout's own `.env` is not read.
            override: A compose file on top of the checkout's own.
        """
        self._project = project
        self._environ = {**_ANY_PAGE_PORT, **(environ or {})}
        self._override = override
        self._redis_url = ""

    def command(self, *arguments: str) -> list[str]:
        """Return the whole command line of a call of `docker compose`."""
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
        """Call `docker compose` and return what it prints; raise AssertionError if it fails."""
        return run_command(*self.command(*arguments), deadline_seconds=deadline_seconds, environ=self._environ)

    def attempt(self, *arguments: str, deadline_seconds: float = CALL_SECONDS) -> tuple[int, str]:
        """Call `docker compose`; return its status and what it prints."""
        return attempt(*self.command(*arguments), deadline_seconds=deadline_seconds, environ=self._environ)

    def up(self, *services: str, wait: bool = True) -> None:
        """Start some services and what they depend on; return when they are healthy."""
        waiting = ["--wait", "--wait-timeout", str(round(UP_SECONDS))] if wait else []
        self.call("up", "--detach", *waiting, *services, deadline_seconds=UP_SECONDS + CALL_SECONDS)

    def inspect(self, service: str) -> dict[str, Any]:
        """Return all that the engine knows about a service's container, running or not."""
        identifier = self.call("ps", "--all", "--quiet", service).strip()
        assert identifier, f"there is no container of {service}:\n{self.call('ps', '--all')}"
        found: list[dict[str, Any]] = json.loads(run_command("docker", "inspect", identifier))
        return found[0]

    def health(self, service: str) -> str:
        """Return `healthy`, `unhealthy` or `starting`, or the state of a container that does not run."""
        state = self.inspect(service)["State"]
        return str(state["Health"]["Status"] if state["Status"] == "running" else state["Status"])

    def health_log(self, service: str) -> str:
        """Return the last output of the health check."""
        log = self.inspect(service)["State"]["Health"]["Log"]
        return str(log[-1]["Output"]) if log else ""

    def logs(self, service: str) -> str:
        """Return what a service has printed."""
        return self.call("logs", "--no-log-prefix", "--no-color", service)

    def address(self, service: str) -> str:
        """Return the container's own address, where this machine reaches a service that publishes no port."""
        networks = self.inspect(service)["NetworkSettings"]["Networks"]
        return str(networks[f"{self._project}_audio"]["IPAddress"])

    def published_port(self, service: str) -> int:
        """Return the port of this machine at which a service is published; it changes with each new container."""
        (ports,) = [found for found in self.inspect(service)["NetworkSettings"]["Ports"].values() if found]
        return int(ports[0]["HostPort"])

    def redis_url(self) -> str:
        """Return the URL of Redis for this machine, as the alerter's user; the alerter must run at the first call."""
        if not self._redis_url:
            status, self._redis_url = self.run_in("alerter", "cat", "/run/tears/redis-url")
            assert status == 0, self._redis_url
        return self._redis_url.strip().replace("@redis:", f"@{self.address('redis')}:")

    def run_in(self, service: str, *command: str) -> tuple[int, str]:
        """Run a command in a service's container; return its status and what it prints."""
        return self.attempt("exec", "--no-TTY", service, *command)

    def wait_until_healthy(self, service: str, deadline_seconds: float = RECOVERY_SECONDS) -> None:
        """Block until a container is healthy."""
        wait_until(
            lambda: self.health(service) == "healthy",
            deadline_seconds,
            describe=lambda: f"{service} is {self.health(service)}: {self.health_log(service)}\n{self.logs(service)}",
            look_seconds=LOOK_SECONDS,
        )

    def wait_for_log(self, service: str, text: str, deadline_seconds: float = RECOVERY_SECONDS) -> None:
        """Block until a service has printed `text`."""
        wait_until(
            lambda: text in self.logs(service),
            deadline_seconds,
            describe=lambda: f"{text!r} in the log of {service}:\n{self.logs(service)}",
            look_seconds=LOOK_SECONDS,
        )

    def crash(self, service: str) -> None:
        """Kill a container's main process without the engine, and wait until another one runs.

        `docker kill` is not a crash for the engine: it does not restart what a user ended.
        """
        before = self.inspect(service)
        host = ["docker", "run", "--rm", "--pid=host", "--user=0", "--network=none", "--entrypoint=sh"]
        image = os.environ.get("TEARS_REDIS_IMAGE", _DEFAULT_REDIS_IMAGE)
        run_command(*host, image, "-c", f"kill -KILL {before['State']['Pid']}")
        wait_until(
            lambda: self._runs_again(service, before["RestartCount"]),
            RECOVERY_SECONDS,
            describe=f"{service} started again by the engine",
            look_seconds=LOOK_SECONDS,
        )

    def _runs_again(self, service: str, restarts: int) -> bool:
        now = self.inspect(service)
        return bool(now["RestartCount"] > restarts and now["State"]["Status"] == "running")

    def down(self) -> None:
        """Remove all that the project has made, except the images."""
        self.call("down", "--volumes", "--remove-orphans", "--timeout", "5")

    def __enter__(self) -> Self:
        self.down()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()


def config(*arguments: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what `docker compose config` makes of the checkout's files."""
    command: Sequence[str] = ["docker", "compose", "--env-file", os.devnull, *arguments, "config", "--format", "json"]
    found: dict[str, Any] = json.loads(run_command(*command, environ=environ))
    return found
