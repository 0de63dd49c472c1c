"""Attachments over real connections, and the files that Apprise reads them from."""

import base64
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support.network.mail_receiver import MailReceiver
from support.network.receivers import NoticeReceiver

from tears.alerter.notices.handover.apprise_files import files_in_memory
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import BRINGS, Attachment, Notice
from tears.alerter.notices.receivers import AppriseReceiver

# Apprise imports a module that Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOTICE = Notice("6b1f2c0e", NoticeKind.CRYING, "nursery", {BRINGS: "sound"}, 1_800_000_000.0)
FILE = Attachment("crying.mp3", "audio/mpeg", b"ID3\x04" + bytes(range(256)) * 400)


def files_in_use() -> int:
    return sum("memfd:attachment" in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


def test_a_json_receiver_gets_the_file_and_the_words_for_it(receiver: NoticeReceiver) -> None:
    assert AppriseReceiver(receiver.url(), 1).hand_over(NOTICE, [FILE])
    (taken,) = receiver.taken
    (attached,) = taken["attachments"]
    assert (attached["filename"], attached["mimetype"]) == (FILE.name, FILE.mime_type)
    assert base64.b64decode(attached["base64"]) == FILE.content
    assert (taken["title"], taken["message"]) == ("nursery: crying", "This is what was heard.")


def test_an_email_gets_the_file() -> None:
    with MailReceiver() as mails:
        assert AppriseReceiver(mails.url(), 1).hand_over(NOTICE, [FILE])
    (attached,) = mails.taken[0].iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (FILE.name, FILE.mime_type)
    assert attached.get_payload(decode=True) == FILE.content


@pytest.mark.parametrize("scheme", ["form", "ntfy"])
def test_services_that_upload_a_file_upload_its_whole_content(scheme: str) -> None:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        assert AppriseReceiver(f"{scheme}://127.0.0.1:{server.server_port}/topic", 1).hand_over(NOTICE, [FILE])
        server.shutdown()
    assert any(FILE.content in body for body in bodies)


@pytest.mark.parametrize(
    ("url", "takes"),
    [
        ("json://127.0.0.1/a", True),
        ("ntfys://ntfy.example.org/topic", True),
        ("mailto://parent:secret@example.org", True),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", True),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", True),
        ("matrix://parent:secret@matrix.example.org/#room", True),
        ("pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("gotify://127.0.0.1/abcdefghijklmno", False),
        ("mqtt://127.0.0.1/topic", False),
        ("hassio://127.0.0.1/accesstoken", False),
    ],
)
def test_a_receiver_says_whether_it_passes_sound_on(url: str, *, takes: bool) -> None:
    assert AppriseReceiver(url, 1).takes("audio/mpeg") == takes


def test_pushover_takes_pictures() -> None:
    url = "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    assert AppriseReceiver(url, 1).takes("image/png")


def test_a_file_lies_in_memory_for_us_alone_and_is_gone_afterwards() -> None:
    with files_in_memory([FILE]) as (file,):
        found = Path(file.path).stat()
        assert found.st_mode & 0o777 == 0o600
        assert found.st_nlink == 0
        assert Path(file.path).read_bytes() == FILE.content
        assert files_in_use() == 1
    assert files_in_use() == 0


def test_an_attachment_leaves_the_connection_of_the_texts_alone(receiver: NoticeReceiver) -> None:
    one = AppriseReceiver(receiver.url(), 1)
    in_use = one._services = ["in use by the thread of the texts"]
    assert one.hand_over(NOTICE, [FILE])
    assert one._services is in_use
