"""The pipeline in containers is healthy, isolated, and reports what is missing."""

import re

import pytest
import redis
from support.deployment.compose import LOOK_SECONDS, RECOVERY_SECONDS, RUNNING, Containers
from support.waiting import wait_until

from tears.kit.redis_client import connect

each_container = pytest.mark.parametrize("service", RUNNING)


@each_container
def test_a_container_is_healthy(pipeline: Containers, service: str) -> None:
    pipeline.wait_until_healthy(service)


@each_container
def test_a_container_does_not_run_as_root_and_cannot_write_to_its_root_file_system(
    pipeline: Containers, service: str
) -> None:
    status, user = pipeline.run_in(service, "sh", "-c", "id -u")
    assert status == 0
    assert int(user) > 0

    for folder in ("/", "/usr/bin", "/opt", "/etc"):
        status, output = pipeline.run_in(service, "sh", "-c", f"echo > {folder}/intruder")
        assert status != 0, folder
        assert "Read-only file system" in output or "Permission denied" in output

    found = pipeline.inspect(service)["HostConfig"]
    assert found["ReadonlyRootfs"]
    assert found["CapDrop"] == ["ALL"]
    assert not found["CapAdd"]
    assert not found["Privileged"]
    assert "no-new-privileges:true" in found["SecurityOpt"]
    assert found["Memory"] > 0


@each_container
def test_only_the_journal_and_grafana_publish_a_port(pipeline: Containers, service: str) -> None:
    published = pipeline.inspect(service)["HostConfig"]["PortBindings"]
    assert list(published or {}) == (["8080/tcp"] if service == "journal" else [])


def test_the_sound_stays_in_memory(pipeline: Containers) -> None:
    found = pipeline.inspect("redis")

    # The only volume has the users, and Redis may not write to it.
    mounts = {mount["Destination"]: mount["RW"] for mount in found["Mounts"] if mount["Type"] != "tmpfs"}
    assert mounts == {"/run/tears": False}
    command = found["Config"]["Cmd"]
    options = {one: command[at + 1] for at, one in enumerate(command) if one.startswith("--")}
    assert (options["--save"], options["--appendonly"], options["--maxmemory-policy"]) == ("", "no", "noeviction")
    with connect(pipeline.redis_url()) as client:
        assert 0 < int(client.info("memory")["maxmemory"]) < found["HostConfig"]["Memory"]


def test_redis_answers_nobody_without_a_password_and_lets_nobody_change_it(pipeline: Containers) -> None:
    with connect(f"redis://{pipeline.address('redis')}:6379/0") as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with connect(pipeline.redis_url()) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.flushall()


def test_the_first_start_prints_the_password_of_grafana_once(pipeline: Containers) -> None:
    found = re.findall(r"Grafana: log in as admin with the password (\S+)", pipeline.logs("keys"))
    assert len(found) == 1
    pipeline.call("up", "--detach", "--force-recreate", "--no-deps", "keys")
    wait_until(
        lambda: pipeline.inspect("keys")["State"]["Status"] == "exited",
        RECOVERY_SECONDS,
        describe=lambda: pipeline.logs("keys"),
        look_seconds=LOOK_SECONDS,
    )
    assert found[0] not in pipeline.logs("keys")


def test_the_recorder_may_use_sound_cards_that_are_plugged_in_later(pipeline: Containers) -> None:
    # The tests replace /dev/snd; docker-compose.yml mounts that of the machine.
    found = pipeline.inspect("recorder")["HostConfig"]

    assert found["DeviceCgroupRules"] == ["c 116:* rmw"]
    assert found["GroupAdd"] == ["29"]
    assert not found["Devices"]


def test_without_a_sound_card_everything_else_runs_and_the_log_names_what_is_missing(pipeline: Containers) -> None:
    pipeline.wait_for_log("recorder", "/dev/snd holds no sound card that captures; plug a microphone in")

    assert pipeline.health("recorder") == "healthy"
    assert pipeline.inspect("recorder")["RestartCount"] == 0
    pipeline.wait_for_log("alerter", "nursery: not listening")


def test_the_alerters_state_is_on_a_volume(pipeline: Containers) -> None:
    found = pipeline.inspect("alerter")["Mounts"]
    mounts = {mount["Destination"]: mount["Type"] for mount in found}

    assert mounts == {
        "/var/lib/tears": "volume",
        "/var/lib/alerts": "volume",
        "/run/tears": "volume",
        "/etc/tears": "bind",
    }
    assert [mount["Destination"] for mount in found if mount["RW"]] == ["/var/lib/tears"]
    status, listed = pipeline.run_in("alerter", "ls", "/var/lib/tears")
    assert status == 0
    assert "alerter.sqlite" in listed.split()


def test_the_journal_writes_the_receivers_that_the_alerter_reads(pipeline: Containers) -> None:
    pipeline.wait_until_healthy("journal")
    file = """[[receivers]]
name = "mum"
urls = "json://127.0.0.1:1/mum"
"""
    # Under another name: the alerter that runs would use it from now on, and miss it when it is gone.
    path = "/var/lib/alerts/tried.toml"
    status, output = pipeline.run_in("journal", "sh", "-c", f"printf '%s' '{file}' > {path}")
    assert status == 0, output
    check = f"TEARS_ALERTER_RULES={path} python -m tears.alerter.receivers check"
    status, output = pipeline.run_in("alerter", "sh", "-c", check)
    assert (status, "mum" in output) == (0, True), output
    status, output = pipeline.run_in("alerter", "sh", "-c", f"echo > {path}")
    assert status != 0
