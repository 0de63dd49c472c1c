"""Faults of a machine or its settings: `docker compose ps` and `logs` name the fault and the cure."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.deployment.compose import LOOK_SECONDS, RECOVERY_SECONDS, Containers
from support.places import ROOT
from support.waiting import wait_until

# The demo's baby cries in the shared pipeline while these tests run.
pytestmark = pytest.mark.usefixtures("pipeline")

QUICK = "healthcheck: {interval: 1s, start_period: 1s, retries: 3}"


@contextmanager
def troubled(tmp_path: Path, override: str = "", **environ: str) -> Iterator[Containers]:
    """Yield a pipeline for this test alone, with settings as in a `.env` file."""
    path = tmp_path / "override.yml"
    path.write_text(override or "services: {}")
    with Containers("tears-trouble", environ=environ, override=str(path)) as containers:
        yield containers


def wait_until_unhealthy(containers: Containers, service: str, reason: str) -> None:
    wait_until(
        lambda: containers.health(service) == "unhealthy" and reason in containers.health_log(service),
        RECOVERY_SECONDS,
        describe=lambda: (
            f"{service} unhealthy for {reason!r}; it is {containers.health(service)}, "
            f"{containers.health_log(service)}\n{containers.logs(service)}"
        ),
        look_seconds=LOOK_SECONDS,
    )


def wait_for_status(containers: Containers, service: str, status: int) -> None:
    """Block until `ps` shows that a container has ended with this status."""
    wait_until(
        lambda: f"({status})" in containers.call("ps", "--all", "--format", "{{.Status}}", service),
        RECOVERY_SECONDS,
        describe=lambda: f"{service} ended with {status}\n{containers.call('ps', '--all')}\n{containers.logs(service)}",
        look_seconds=LOOK_SECONDS,
    )


def test_a_wrong_password_of_redis_names_the_setting_and_keeps_the_secret(tmp_path: Path) -> None:
    override = f"""
services:
  redis:
    command: [redis-server, --bind, "*", --protected-mode, "no", --requirepass, right]
    healthcheck: {{test: ["CMD-SHELL", "redis-cli -a right ping | grep --quiet PONG"], interval: 1s}}
  preprocessor: {{{QUICK}}}
  classifier: {{{QUICK}}}
  alerter: {{{QUICK}}}
"""
    cure = "the password in TEARS_REDIS_URL is wrong or missing: redis://:PASSWORD@HOST:PORT/0"
    with troubled(tmp_path, override, TEARS_REDIS_URL="redis://:hush@redis:6379/0") as containers:
        containers.up("recorder", "preprocessor", "classifier", "alerter", wait=False)

        for service in ("preprocessor", "classifier", "alerter"):
            wait_until_unhealthy(containers, service, cure)
        for service in ("recorder", "preprocessor", "classifier", "alerter"):
            containers.wait_for_log(service, cure)
            assert "hush" not in containers.logs(service)


def test_an_empty_model_folder_is_named_and_a_model_in_it_is_the_cure(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    folder.chmod(0o755)
    override = f"services: {{model-server: {{{QUICK}}}}}"
    with troubled(tmp_path, override, TEARS_MODEL_DIR=str(folder)) as containers:
        containers.up("model-server", wait=False)

        wait_until_unhealthy(containers, "model-server", "/models/cry has no version folder")
        containers.wait_for_log("model-server", "/models/cry has no version folder: a folder whose name is a number")

        shutil.copytree(next((ROOT / "models" / "cry").glob("[0-9]*")), folder / "7")
        containers.wait_until_healthy("model-server")


def test_a_missing_model_folder_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with troubled(tmp_path, TEARS_MODEL_DIR=str(missing)) as containers:
        status, output = containers.attempt("up", "--detach", "model-server")

    assert status != 0
    assert str(missing) in output
    assert not missing.exists()


def test_a_port_in_use_is_named_and_does_not_stop_the_pipeline(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        # Prometheus instead of Grafana, because some machines cannot get Grafana's image.
        override = f"""
services:
  prometheus:
    ports: ["127.0.0.1:{port}:9090"]
    networks: [audio, outside]
"""
        with troubled(tmp_path, override) as containers:
            status, output = containers.attempt("up", "--detach", "prometheus", deadline_seconds=300)

            assert status != 0
            assert f"127.0.0.1:{port}" in output
            assert "address already in use" in output or "port is already allocated" in output
            for service in ("recorder", "preprocessor", "classifier", "alerter"):
                assert containers.inspect(service)["State"]["Status"] == "running"


def test_a_port_of_the_journal_in_use_is_named_and_stops_no_alert(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with troubled(tmp_path, TEARS_JOURNAL_PORT=f"127.0.0.1:{port}") as containers:
            status, output = containers.attempt("up", "--detach", "journal", deadline_seconds=300)

            assert status != 0
            assert f"127.0.0.1:{port}" in output
            for service in ("recorder", "model-server", "preprocessor", "classifier", "alerter"):
                assert containers.inspect(service)["State"]["Status"] == "running"


def test_a_setting_out_of_range_is_named_with_the_accepted_values(tmp_path: Path) -> None:
    with troubled(tmp_path, TEARS_PREPROCESSOR_HOP_SECONDS="often") as containers:
        containers.call("up", "--detach", "--no-deps", "preprocessor")

        wait_for_status(containers, "preprocessor", 78)
        expected = "TEARS_PREPROCESSOR_HOP_SECONDS is 'often', but must be a number from 0.1 to 5"
        containers.wait_for_log("preprocessor", expected)


def test_a_container_that_takes_too_much_memory_ends_with_status_137(tmp_path: Path) -> None:
    with troubled(tmp_path, "services: {preprocessor: {mem_limit: 16m}}") as containers:
        containers.call("up", "--detach", "--no-deps", "preprocessor")

        wait_for_status(containers, "preprocessor", 137)


def test_a_redis_without_memory_is_logged_with_the_cure(tmp_path: Path) -> None:
    with troubled(tmp_path, TEARS_REDIS_MEMORY="1mb") as containers:
        containers.up("recorder", wait=False)

        containers.wait_for_log("recorder", "redis: its memory is full")
        containers.wait_for_log("recorder", "raise its maxmemory")


def test_a_second_recorder_of_a_room_is_logged_with_the_cure(tmp_path: Path) -> None:
    with troubled(tmp_path) as containers:
        containers.call("up", "--detach", "--scale", "recorder=2", "recorder")

        containers.wait_for_log("recorder", "the microphone name nursery is taken by")
        containers.wait_for_log("recorder", "give this one another name with TEARS_RECORDER_MIC")


def test_a_clock_that_is_years_off_is_logged_and_does_not_stop_the_alerter(tmp_path: Path) -> None:
    skew = tmp_path / "skew"
    skew.mkdir()
    skew.chmod(0o755)
    (skew / "sitecustomize.py").write_text("import time\n\nnow = time.time\ntime.time = lambda: now() - 1.5e9\n")
    override = f"""
services:
  alerter:
    environment: [PYTHONPATH=/skew]
    volumes: ["{skew}:/skew:ro"]
"""
    with troubled(tmp_path, override) as containers:
        containers.up("alerter")

        containers.wait_for_log("alerter", "which cannot be right; listening continues")
        assert "timedatectl" in containers.logs("alerter")
