import os
import subprocess
import sys
from pathlib import Path

import pytest

from tears.kit.variables.time_zone import misspelt_zone, time_zone_fault


@pytest.fixture
def zones(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a system with a few zones."""
    for name in ("Europe/Berlin", "Europe/Paris", "America/Indiana/Knox", "posix/Europe/Berlin", "Japan"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"TZif2")
    return {"TZDIR": str(tmp_path)}


@pytest.mark.parametrize(
    "zone",
    ["", "UTC", "Europe/Berlin", ":Europe/Berlin", "Japan", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30", "EST5EDT"],
)
def test_a_time_zone_that_the_system_knows_is_no_fault(zones: dict[str, str], zone: str) -> None:
    assert time_zone_fault(zones | {"TZ": zone}) == ""


@pytest.mark.parametrize(
    ("zone", "near"), [("Europe/Berln", "Europe/Berlin"), ("europe/paris", "Europe/Paris"), ("Berlin", "Europe/Berlin")]
)
def test_a_misspelt_time_zone_is_named_with_the_nearest_one(zones: dict[str, str], zone: str, near: str) -> None:
    fault = time_zone_fault(zones | {"TZ": zone})
    assert f"TZ is {zone}, which is not a time zone" in fault
    assert f"did you mean {near}?" in fault


def test_a_name_like_no_other_is_named_with_a_way_to_list_them(zones: dict[str, str]) -> None:
    assert "timedatectl" in time_zone_fault(zones | {"TZ": "qqqq"})


def test_a_path_to_another_file_is_no_time_zone(zones: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "zone.tab").write_text("AD\t+4230+00131\tEurope/Andorra\n")
    os.mkfifo(tmp_path / "pipe")
    for zone in ("zone.tab", str(tmp_path / "zone.tab"), "pipe", "Europe"):
        assert "is not a time zone" in time_zone_fault(zones | {"TZ": zone})
    assert not time_zone_fault(zones | {"TZ": str(tmp_path / "Japan")})


def test_only_a_name_that_does_not_exist_is_misspelt(zones: dict[str, str], tmp_path: Path) -> None:
    assert "did you mean Europe/Berlin?" in misspelt_zone(zones | {"TZ": "Europe/Berln"})
    assert misspelt_zone(zones | {"TZ": "Europe/Berlin"}) == misspelt_zone(zones) == ""
    assert misspelt_zone({"TZ": "Europe/Berlin", "TZDIR": str(tmp_path)}) == ""


def test_a_path_to_another_file_ends_no_service_that_an_earlier_release_let_start(
    zones: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "zone.tab").touch()
    for zone in (str(tmp_path / "zone.tab"), f":{tmp_path}/zone.tab"):
        assert misspelt_zone(zones | {"TZ": zone}) == ""


def test_a_system_without_time_zones_is_reported_as_such(tmp_path: Path) -> None:
    assert "install tzdata" in time_zone_fault({"TZ": "Europe/Berlin", "TZDIR": str(tmp_path)})


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Europe/Berln", "CET-1CEST,M3.5.0,M10.5.0/3", "CEST", "/etc/passwd", "zone.tab"]
)
def test_the_check_agrees_with_the_c_library(zone: str) -> None:
    code = "import time; print(time.strftime('%z', time.localtime(1_750_000_000)))"
    environ = {**os.environ, "TZ": zone}
    shown = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert (shown.stdout.strip() == "+0000") == bool(time_zone_fault({"TZ": zone}))
