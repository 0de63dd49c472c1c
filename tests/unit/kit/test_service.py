"""A whole process seen from outside: exit status, signals, probes and log."""

import json
import signal
import socket
from pathlib import Path

import pytest
from support.places import TESTS
from support.processes.service_process import ServiceProcess


def lamp(tmp_path: Path, **environ: str) -> ServiceProcess:
    return ServiceProcess(
        "support.processes.lamp_service", {"PYTHONPATH": str(TESTS), **environ}, tmp_path / "lamp.log"
    )


def test_a_drain_can_be_watched_by_the_probes(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with lamp(tmp_path, TEARS_LAMP_WORK="drains", TEARS_LAMP_GO=str(go)) as service:
        service.wait_until_ready()
        service.terminate()
        service.wait_for_log("the light goes out")
        assert service.probe("/healthz") == (200, "ok\n")
        assert service.probe("/readyz") == (503, "draining\n")
        go.touch()
        assert service.wait_for_exit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_the_process_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with lamp(tmp_path, TEARS_LAMP_WORK="hangs") as service:
        service.wait_until_ready()
        service.send_signal(number)
        service.wait_for_log("the light goes out")
        service.send_signal(number)
        assert service.wait_for_exit() == 128 + number


def test_the_first_signal_does_not_end_the_process_even_after_the_work_has_returned(tmp_path: Path) -> None:
    with lamp(tmp_path, TEARS_LAMP_WORK="ends") as service:
        service.wait_for_log("the light goes out")
        service.terminate()
        service.wait_for_log("SIGTERM: draining")
        assert service.is_running
        service.terminate()
        assert service.wait_for_exit() == 128 + signal.SIGTERM


def test_a_service_whose_port_is_taken_takes_another_if_it_may(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        usual = {"TEARS_LAMP_PROBE_PORT": str(port)}
        with lamp(tmp_path, TEARS_PORT_IF_TAKEN="any", **usual) as service:
            service.wait_until_ready()
            assert service.probe_port not in {0, port}
        with lamp(tmp_path, **usual) as service:
            assert service.wait_for_exit() == 1


def test_a_service_that_does_not_know_its_time_zone_calls_it_utc(tmp_path: Path) -> None:
    with lamp(tmp_path, TZ="Europe/Berln", TEARS_LAMP_WORK="stops") as service:
        service.wait_for_log("the time zone is UTC")


def test_the_first_line_shows_port_and_settings_and_no_password(tmp_path: Path) -> None:
    with lamp(tmp_path, TEARS_REDIS_URL="redis://:hush@house:6379") as service:
        assert service.probe_port > 0
        first = json.loads(service.log().splitlines()[0])
    assert "TEARS_REDIS_URL=redis://***@house:6379" in first["message"]
    assert (first["service"], first["level"]) == ("lamp", "INFO")
    assert first["time"].endswith("+00:00")


def test_a_clock_that_was_never_set_is_logged_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\n\ntime.time = lambda: 0.0\n")
    with lamp(tmp_path, PYTHONPATH=f"{tmp_path}:{TESTS}") as service:
        service.wait_for_log("the clock shows 1970-01-01, which cannot be right")
        service.wait_until_ready()


def test_wrong_settings_are_printed_on_one_line(tmp_path: Path) -> None:
    with lamp(tmp_path, TEARS_SLOT="many") as service:
        assert service.wait_for_exit() == 78
        assert service.log() == "lamp: TEARS_SLOT is 'many', but must be a whole number from 0 to 999\n"


def test_an_error_of_the_kit_is_printed_on_one_line(tmp_path: Path) -> None:
    with lamp(tmp_path, TEARS_LAMP_WORK="refuses", TEARS_LOG_LEVEL="WARNING") as service:
        assert service.wait_for_exit() == 1
        assert service.log() == "lamp: another lamp shines here\n"


def test_a_probe_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        with lamp(tmp_path, TEARS_LAMP_PROBE_PORT=str(port)) as service:
            assert service.wait_for_exit() == 1
            assert service.log().startswith(f"lamp: TEARS_LAMP_PROBE_PORT is {port}, which cannot be used: ")


def test_an_error_of_the_work_does_not_name_the_probe_port(tmp_path: Path) -> None:
    with lamp(tmp_path, TEARS_LAMP_WORK="breaks") as service:
        assert service.wait_for_exit() == 1
        assert "/there/is/no/such/file" in service.log()
        assert "PROBE_PORT is" not in service.log()
