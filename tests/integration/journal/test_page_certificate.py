"""The pages over TLS, with a certificate that openssl makes."""

import http.client
import os
import ssl
from pathlib import Path

import pytest
from starlette.applications import Starlette
from support.journal.served_pages import ServedPages
from support.network.certificates import Authority

from tears.journal.access.role import Role
from tears.journal.errors import JournalError
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.front.certificate import PageCertificate
from tears.journal.web.server import PageServer
from tears.kit.clock import SystemClock


def write_certificate(authority: Authority, folder: Path, name: str) -> JournalSettings:
    made = authority.sign(name)
    (folder / "page.pem").write_text(made.chain)
    (folder / "page.key").write_text(made.key)
    return JournalSettings(
        port=0,
        page_listen="loopback",
        certificate=str(folder / "page.pem"),
        private_key=str(folder / "page.key"),
    )


def test_the_pages_are_https_with_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "home")
    settings = write_certificate(authority, tmp_path, "localhost")
    with ServedPages(JournalParts(settings=settings, clock=SystemClock()), Role.NOBODY) as pages:
        context = ssl.create_default_context(cadata=authority.root)
        connection = http.client.HTTPSConnection("localhost", pages.port, timeout=60.0, context=context)
        connection.request("GET", "/login")
        reply = connection.getresponse()
        assert reply.status == 200
        assert "Secure" in str(reply.headers["set-cookie"])
        connection.close()


def test_a_renewed_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    settings = write_certificate(Authority(tmp_path, "old"), tmp_path, "localhost")
    certificate = PageCertificate(settings.certificate, settings.private_key)
    before = served_by(certificate)
    write_certificate(Authority(tmp_path, "new"), tmp_path, "localhost")
    os.utime(tmp_path / "page.pem", (1, 1))
    certificate.look()
    assert (before, served_by(certificate)) == ("old", "new")


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_a_broken_renewal_leaves_the_old_certificate(tmp_path: Path, content: str) -> None:
    settings = write_certificate(Authority(tmp_path, "old"), tmp_path, "localhost")
    certificate = PageCertificate(settings.certificate, settings.private_key)
    (tmp_path / "page.pem").write_text(content)
    certificate.look()
    (tmp_path / "page.key").unlink()
    certificate.look()
    assert served_by(certificate) == "old"


def test_a_certificate_that_cannot_be_used_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    settings = JournalSettings(port=0, certificate=str(tmp_path / "missing.pem"))
    with pytest.raises(JournalError, match=r"TEARS_JOURNAL_CERTIFICATE is .*missing\.pem"):
        PageServer(Starlette(), settings)


def served_by(certificate: PageCertificate) -> str:
    """Return which authority has signed what a client of this context gets."""
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = certificate.context.wrap_bio(incoming, outgoing, server_side=True)
    insecure = ssl.create_default_context()
    insecure.check_hostname = False
    insecure.verify_mode = ssl.CERT_NONE
    client = insecure.wrap_bio(outgoing, incoming, server_hostname="localhost")
    for one in (client, server, client, server):
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return "new" if b"new" in der else "old"
