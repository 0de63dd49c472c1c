import ipaddress
import re
import socket

import pytest

from tears.cli.page.address import free_port, page_url


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "PAGE_LISTEN", "CERTIFICATE"):
        monkeypatch.delenv(f"TEARS_JOURNAL_{name}", raising=False)


def test_the_address_is_one_of_this_machine() -> None:
    found = re.fullmatch(r"http://([0-9.]+):8080", page_url("8080"))
    assert found
    with socket.socket() as server:
        # Only an address of this machine can be bound.
        server.bind((str(ipaddress.ip_address(found[1])), 0))


@pytest.mark.parametrize(
    ("listen", "url"),
    [("loopback", "http://127.0.0.1:8080"), ("10.0.0.7", "http://10.0.0.7:8080"), ("fd00::7", "http://[fd00::7]:8080")],
)
def test_the_address_is_the_one_that_the_page_listens_at(
    monkeypatch: pytest.MonkeyPatch, listen: str, url: str
) -> None:
    monkeypatch.setenv("TEARS_JOURNAL_PAGE_LISTEN", listen)
    assert page_url("8080") == url


def test_with_a_certificate_it_is_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_JOURNAL_PAGE_LISTEN", "loopback")
    monkeypatch.setenv("TEARS_JOURNAL_CERTIFICATE", "/etc/tears/page.pem")
    assert page_url("8443") == "https://127.0.0.1:8443"


def test_the_port_is_the_settings_unless_another_program_has_taken_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        monkeypatch.setenv("TEARS_JOURNAL_PORT", taken)
        monkeypatch.setenv("TEARS_JOURNAL_PAGE_LISTEN", "127.0.0.1")
        assert free_port() not in {taken, "0"}
    assert free_port() == taken


@pytest.mark.parametrize("port", ["nonsense", "99999999"])
def test_a_setting_that_is_no_port_is_left_to_the_journal_to_refuse(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("TEARS_JOURNAL_PORT", port)
    assert free_port() == port
