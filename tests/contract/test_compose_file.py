"""docker-compose.yml: the variables that it passes on, the ports that it publishes and the limits that it sets."""

import re
import textwrap
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no types of its own
from support.places import ROOT

from tears.alerter.settings import AlerterSettings
from tears.classifier.settings import ClassifierSettings
from tears.journal.settings import JournalSettings
from tears.kit.access.house_keys import ACL_FILE, GRAFANA_FILE
from tears.kit.access.redis_bounds import REDIS_BOUNDS
from tears.kit.access.redis_users import REDIS_USERS, RULES_DIGEST
from tears.kit.settings import ServiceSettings, describe_settings
from tears.preprocessor.settings import PreprocessorSettings
from tears.recorder.settings import RecorderSettings

HOUSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = HOUSE["services"]
# Beside the demo, the first start: it has ended before anything else begins.
DEMO = {"scene", "demo", "keys"}
# Fixed by the container: ports that Prometheus knows, who reaches them, the path of the volume, the container's name.
FIXED = re.compile(
    r"TEARS_(HOST|LISTEN|PORT_IF_TAKEN|SLOT|[A-Z]+_PROBE_PORT|ALERTER_STATE_PATH"
    r"|JOURNAL_(DATA|FOLDER|MODELS|PAGE_LISTEN|PORT|STOP_WITH_STDIN))"
)
# On a Pi with 2 GB; the system needs the rest.
MOST_BYTES = 1_800_000_000


@pytest.mark.parametrize(
    ("service", "settings"),
    [
        ("recorder", RecorderSettings),
        ("preprocessor", PreprocessorSettings),
        ("classifier", ClassifierSettings),
        ("alerter", AlerterSettings),
        ("journal", JournalSettings),
    ],
)
def test_each_setting_of_a_service_can_be_set_from_outside(service: str, settings: type[ServiceSettings]) -> None:
    passed = [entry.partition("=")[0] for entry in SERVICES[service]["environment"] if entry.startswith("TEARS_")]
    passed = [name for name in passed if name != "TEARS_JOURNAL_MODELS"]

    expected = {one.variable for one in describe_settings(settings) if not FIXED.fullmatch(one.variable)}
    assert sorted(passed) == sorted(expected)


def test_a_container_is_reached_from_its_network() -> None:
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    (system,) = [stage for stage in stages if stage.startswith("${BASE} AS system\n")]
    assert "TEARS_LISTEN=all" in system


def test_an_update_of_the_rules_of_redis_starts_it_again() -> None:
    # Compose makes a container anew if its labels have changed.
    assert SERVICES["redis"]["labels"] == {"tears.redis-users": RULES_DIGEST}
    assert SERVICES["redis"]["depends_on"]["keys"] == {"condition": "service_completed_successfully"}


def test_no_client_can_fill_redis_with_what_it_does_not_read() -> None:
    command = SERVICES["redis"]["command"]
    options = {one: command[at + 1] for at, one in enumerate(command) if one in REDIS_BOUNDS}
    assert options == dict(REDIS_BOUNDS)


def test_only_the_journal_and_grafana_are_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["journal", "grafana"]


def test_only_services_that_need_the_internet_reach_it() -> None:
    outside = {name for name, service in SERVICES.items() if "outside" in service.get("networks", [])}

    assert outside == {"alerter", "grafana"}
    assert HOUSE["networks"]["audio"] == {"internal": True}


def test_the_journal_is_published_and_has_no_way_out() -> None:
    assert SERVICES["journal"]["networks"] == ["audio", "page"]
    # A network of its own: an internal one publishes no port.
    assert [name for name, service in SERVICES.items() if "page" in service.get("networks", [])] == ["journal"]
    options = HOUSE["networks"]["page"]["driver_opts"]
    assert options == {"com.docker.network.bridge.enable_ip_masquerade": "false"}


def test_no_alert_waits_for_the_journal_and_it_is_the_first_to_go() -> None:
    assert [name for name, service in SERVICES.items() if "journal" in service.get("depends_on", {})] == []
    # `up` stops where a port is taken, so it comes to the journal last.
    assert {"recorder", "preprocessor", "classifier", "alerter"} <= set(SERVICES["journal"]["depends_on"])
    assert SERVICES["journal"]["oom_score_adj"] > 0
    assert SERVICES["journal"]["cpu_shares"] < 1024


def test_a_taught_version_goes_where_the_model_server_looks() -> None:
    assert "TAUGHT_MODELS=/var/lib/models" in SERVICES["model-server"]["environment"]
    assert "models:/var/lib/models/cry" in SERVICES["model-server"]["volumes"]
    # With a folder of your own, the journal adds to that one, and the model server serves it.
    assert "${TEARS_MODEL_DIR:-models}:/var/lib/models/cry" in SERVICES["journal"]["volumes"]
    assert "TEARS_JOURNAL_MODELS=/var/lib/models/cry" in SERVICES["journal"]["environment"]


def test_the_page_writes_the_receivers_where_the_alerter_reads_them() -> None:
    given = dict(entry.partition("=")[::2] for entry in SERVICES["alerter"]["environment"])
    assert _with_defaults(given["TEARS_ALERTER_RULES"]) == "/var/lib/alerts/alerts.toml"
    assert "alerts:/var/lib/alerts:ro" in SERVICES["alerter"]["volumes"]
    assert "alerts:/var/lib/alerts" in SERVICES["journal"]["volumes"]


def test_the_limits_of_memory_fit_a_small_pi() -> None:
    limits = [_bytes(service["mem_limit"]) for name, service in SERVICES.items() if name not in DEMO]

    assert sum(limits) <= MOST_BYTES


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_locked_and_bounded(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"]
    assert service["mem_limit"]
    assert "max-size" in service["logging"]["options"]
    assert service["restart"] == ("no" if name in {"scene", "keys"} else "unless-stopped")


@pytest.mark.parametrize("file", ["", ".camera", ".tfserving"])
def test_no_service_may_swap_so_that_no_sound_gets_onto_a_disk(file: str) -> None:
    text = (ROOT / f"docker-compose{file}.yml").read_text()
    limits = {key: re.findall(rf"^ +{key}: (.+)$", text, re.MULTILINE) for key in ("mem_limit", "memswap_limit")}

    # `memswap_limit` is that of memory and swap together.
    assert limits["mem_limit"]
    assert limits["memswap_limit"] == limits["mem_limit"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    image = _with_defaults(SERVICES[name]["image"])
    if image.startswith("tears-"):
        assert re.search(r":\d+\.\d+\.\d+$", image), image
    else:
        # A tag says to people which version it is; the digest says which content, whoever moves the tag.
        assert re.search(r":v?\d+\.\d+\.\d+(-\w+)?@sha256:[0-9a-f]{64}$", image), image


def test_compose_and_kubernetes_run_the_same_images_of_others() -> None:
    images = yaml.safe_load((ROOT / "k8s" / "base" / "kustomization.yaml").read_text())["images"]
    in_cluster = {f"{one['name']}:{one['newTag']}@{one['digest']}" for one in images if "digest" in one}
    in_compose = {_with_defaults(service["image"]) for service in SERVICES.values()}

    assert in_cluster == {image for image in in_compose if not image.startswith("tears-")}


def test_the_images_have_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None

    ours = {_with_defaults(service["image"]) for service in SERVICES.values() if "build" in service}
    assert {image.rpartition(":")[2] for image in ours} == {version[1]}
    assert f"ARG VERSION={version[1]}\n" in (ROOT / "Dockerfile").read_text()


def test_the_dockerfile_pins_the_uv_that_the_makefile_does() -> None:
    version = re.search(r"^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert version is not None

    assert f"uv=={version[1]}\n" in (ROOT / "Dockerfile").read_text()


def test_every_variable_in_the_example_is_used_by_compose() -> None:
    text = "".join((ROOT / name).read_text() for name in ("docker-compose.yml", "docker-compose.camera.yml"))

    for name in re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
        assert name == "COMPOSE_FILE" or re.search(rf"\b{name}\b", text), name


def test_the_page_names_what_compose_reads() -> None:
    files = ("docker-compose.yml", "docker-compose.camera.yml", ".env.example")
    text = "".join((ROOT / name).read_text() for name in files)
    page = (ROOT / "docs" / "howto-docker.md").read_text()

    assert {name for name in re.findall(r"\bTEARS_[A-Z_]+", page) if name not in text} == set()
    commands = re.findall(r"docker compose (?:exec|logs)(?: -T| --tail 20)? ([a-z-]+)", page)
    assert commands
    assert set(commands) <= set(SERVICES)
    volumes = set(re.findall(r"volume `tears_(\w+)`", page))
    assert volumes == set(HOUSE["volumes"])


def test_the_pages_second_microphone_is_a_recorder_with_its_own_name_that_prometheus_finds() -> None:
    page = (ROOT / "docs" / "howto-docker.md").read_text()
    found = re.search(r"    services:\n((?:      .*\n)+)", page)
    assert found
    (second,) = yaml.safe_load(textwrap.dedent(found[1])).values()

    assert second["extends"] == {"file": "docker-compose.yml", "service": "recorder"}
    given = dict(entry.split("=") for entry in second["environment"])
    # The second microphone does not inherit the camera of the first.
    assert given.pop("TEARS_RECORDER_INPUT") == ""
    assert set(given) == {"TEARS_RECORDER_DEVICE", "TEARS_RECORDER_MIC"} <= set(SERVICES["recorder"]["environment"])
    assert second["networks"] == SERVICES["demo"]["networks"]


def _with_defaults(text: str) -> str:
    """Return the value of `${NAME:-default}` if NAME is not set."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


def _bytes(limit: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([mg])", _with_defaults(limit)).groups()  # type: ignore[union-attr]  # else fail
    return int(number) * {"m": 2**20, "g": 2**30}[unit]


def test_each_service_sees_only_its_own_password() -> None:
    seen = {
        name: [entry for entry in service.get("volumes", []) if str(entry).startswith("keys_")]
        for name, service in SERVICES.items()
    }
    made = seen.pop("keys")

    assert {name: entries for name, entries in seen.items() if entries} == {
        "redis": ["keys_redis:/run/tears:ro"],
        "recorder": ["keys_recorder:/run/tears:ro"],
        "demo": ["keys_recorder:/run/tears:ro"],
        "preprocessor": ["keys_preprocessor:/run/tears:ro"],
        "classifier": ["keys_classifier:/run/tears:ro"],
        "alerter": ["keys_alerter:/run/tears:ro"],
        "journal": ["keys_journal:/run/tears:ro"],
        "grafana": ["keys_grafana:/run/tears:ro"],
    }
    # KEDA's is for a cluster.
    assert {entry.partition(":")[2] for entry in made} == {
        f"/keys/{name}" for name in {*REDIS_USERS, "redis", "grafana"} - {"scaler"}
    }


def test_nobody_gets_into_redis_or_grafana_without_a_password() -> None:
    redis = SERVICES["redis"]
    assert redis["command"][redis["command"].index("--aclfile") + 1] == f"/run/tears/{ACL_FILE}"
    assert redis["depends_on"] == {"keys": {"condition": "service_completed_successfully"}}
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert "GF_AUTH_DISABLE_LOGIN_FORM" not in grafana
    assert grafana["GF_SECURITY_ADMIN_PASSWORD__FILE"] == f"/run/tears/{GRAFANA_FILE}"
