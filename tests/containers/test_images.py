"""The contents of the images, and what is missing from them."""

import json
from typing import Any

import pytest
from support.deployment.compose import LOOK_SECONDS, attempt, config, run_command
from support.places import ROOT
from support.waiting import wait_until

MOST_MEGABYTES = {
    "tears-model-server": 220,
    "tears-recorder": 100,
    "tears-preprocessor": 100,
    "tears-classifier": 100,
    # It cuts the sound of the crying and draws the night: numpy and Pillow are 77 MB of it.
    "tears-alerter": 130,
    # It has numpy and libsndfile for the clips, gRPC to teach, and what serves the page.
    "tears-journal": 135,
    "tears-samples": 100,
}
USER = "10001"
START_SECONDS = 60.0

each_image = pytest.mark.parametrize("name", MOST_MEGABYTES)


def tagged(name: str) -> str:
    services = config("--profile", "demo")["services"]
    found: list[str] = [one["image"] for one in services.values() if one["image"].startswith(f"{name}:")]
    return found[0]


def shell(image: str, script: str) -> str:
    return run_command("docker", "run", "--rm", "--network=none", "--read-only", "--entrypoint=sh", image, "-c", script)


@each_image
def test_an_image_is_not_much_larger_than_its_base(images: dict[str, int], name: str) -> None:
    assert 0 < images[name] <= MOST_MEGABYTES[name]


@each_image
def test_an_image_has_labels_and_runs_as_an_unprivileged_user(images: dict[str, int], name: str) -> None:
    assert name in images
    found: dict[str, Any] = json.loads(run_command("docker", "inspect", tagged(name)))[0]["Config"]

    assert found["User"] == USER
    assert "MALLOC_ARENA_MAX=2" in found["Env"]
    assert found["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert found["Labels"]["org.opencontainers.image.version"] == tagged(name).rpartition(":")[2]
    assert found["Labels"]["org.opencontainers.image.title"]
    # The container that generates the demo's scene ends at once, so it needs no health check.
    assert ("Healthcheck" in found) == (name != "tears-samples")


@each_image
def test_an_image_has_no_compiler_and_no_installer(images: dict[str, int], name: str) -> None:
    assert name in images

    tools = "for tool in uv uvx cc gcc g++ clang make cargo protoc; do command -v $tool; done; :"
    assert shell(tagged(name), tools) == ""
    assert shell(tagged(name), "find /opt /usr -name grpc_tools -o -name 'uv-*'") == ""


@each_image
def test_an_image_holds_compiled_code_and_no_link_to_the_checkout(images: dict[str, int], name: str) -> None:
    assert name in images
    script = """
        cd /opt/tears/lib/python3*/site-packages
        find . -name '*.pth' -o -name '__editable__*' | grep -v _virtualenv
        find . -name '*.py' | while read -r one; do
          stem=$(basename "$one" .py)
          ls "$(dirname "$one")/__pycache__/$stem".*.pyc >/dev/null 2>&1 || echo "$one is not compiled"
        done
    """
    assert shell(tagged(name), script) == ""


def test_only_the_recorder_may_open_sound_devices(images: dict[str, int]) -> None:
    assert "29" in shell(tagged("tears-recorder"), "id -G").split()

    for name in images.keys() - {"tears-recorder"}:
        assert "29" not in shell(tagged(name), "id -G").split()


def test_the_model_servers_image_serves_the_shipped_model_without_settings(images: dict[str, int]) -> None:
    assert images
    options = ["--detach", "--read-only", "--network=none", "--cap-drop=ALL"]
    container = run_command("docker", "run", *options, tagged("tears-model-server")).strip()
    try:
        command = ["docker", "exec", container, "tears-probe", "8501"]
        wait_until(
            lambda: attempt(*command, "/readyz")[0] == 0,
            START_SECONDS,
            describe=lambda: run_command("docker", "logs", container),
            look_seconds=LOOK_SECONDS,
        )
        served = json.loads(run_command(*command, "/v1/models/cry"))["model_version_status"]
    finally:
        run_command("docker", "rm", "--force", container)

    versions = sorted(one.name for one in (ROOT / "models" / "cry").iterdir() if one.name.isdigit())
    assert [(one["version"], one["state"]) for one in served] == [(versions[-1], "AVAILABLE")]
