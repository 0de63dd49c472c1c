"""The pipeline in containers is healthy, isolated, and reports what is missing."""

import pytest
from support.deployment.compose import RUNNING, Containers

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
def test_only_grafana_publishes_a_port(pipeline: Containers, service: str) -> None:
    assert not pipeline.inspect(service)["HostConfig"]["PortBindings"]


def test_the_sound_stays_in_memory(pipeline: Containers) -> None:
    found = pipeline.inspect("redis")

    assert [mount for mount in found["Mounts"] if mount["Type"] != "tmpfs"] == []
    with connect(f"redis://{pipeline.address('redis')}:6379/0") as client:
        assert client.config_get("save")["save"] == ""
        assert client.config_get("appendonly")["appendonly"] == "no"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert 0 < int(client.config_get("maxmemory")["maxmemory"]) < found["HostConfig"]["Memory"]


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
    mounts = {mount["Destination"]: mount["Type"] for mount in pipeline.inspect("alerter")["Mounts"]}

    assert mounts == {"/var/lib/tears": "volume"}
    status, listed = pipeline.run_in("alerter", "ls", "/var/lib/tears")
    assert status == 0
    assert "alerter.sqlite" in listed.split()
