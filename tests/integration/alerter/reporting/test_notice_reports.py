"""Who was told, and who has acknowledged, can be read from `tears:notices`; no alert depends on that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from prometheus_client import CollectorRegistry
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, episodes, night, publish
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.receivers import AppriseReceiver
from tears.alerter.notices.reporting.report_thread import MOST_WAITING_REPORTS, ReportThread
from tears.kit.clock import ManualClock
from tears.kit.errors import MessageError
from tears.kit.messages import CommandKind, NoticeReport
from tears.kit.streams import names

# Of the libraries that Apprise imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

StartAlerter = Callable[..., ServiceProcess]


def reports(client: redis.Redis) -> list[NoticeReport]:
    entries: Any = client.xrange(names.NOTICES_STREAM)
    return [NoticeReport.decode(fields[names.BODY]) for _, fields in entries]


def crying(key: str) -> Notice:
    return Notice(key=key, kind=NoticeKind.CRYING, mic="nursery", facts={"episode_id": f"e-{key}"})


def receiver_of_url(name: str = "") -> AppriseReceiver:
    return AppriseReceiver("json://user:secret@127.0.0.1/x", 1, name=name)


def test_a_receiver_that_has_accepted_an_alert_is_named_as_the_parents_have_named_it(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(
        f'[[receivers]]\nname = "mum"\nurls = "{receiver.url()}"\n'
        '[[receivers]]\nname = "dad"\nurls = "json://127.0.0.1:1/nobody"\n'
    )
    with start_alerter(alerter_rules=str(path)) as alerter:
        publish(redis_client, night([*[QUIET] * 5, *[LOUD] * 10]))
        wait_until(lambda: bool(reports(redis_client)), describe=alerter.log)
        (report,) = reports(redis_client)
        (opened,) = episodes(redis_client)
        assert (report.who, report.kind, report.mic) == ("mum", "crying", "nursery")
        assert report.episode_id == opened.episode_id
        alerter.terminate()
        assert alerter.wait_for_exit() == 0


def test_an_acknowledgement_names_its_episode_and_what_gave_it(runs: AlerterRuns) -> None:
    room = CryingRoom(runs)
    room.cry()
    room.obey(CommandKind.ACKNOWLEDGE)
    (opened,) = episodes(room.client)
    (report,) = reports(room.client)
    assert (report.kind, report.who, report.episode_id) == ("acknowledged", "test", opened.episode_id)
    # A second parent finds it acknowledged.
    room.give(CommandKind.ACKNOWLEDGE, mic="nursery")
    assert len(reports(room.client)) == 1


def test_an_acknowledgement_that_redis_does_not_show_is_obeyed(runs: AlerterRuns) -> None:
    room = CryingRoom(runs)
    room.client.set(names.NOTICES_STREAM, "no stream")
    room.cry()
    room.obey(CommandKind.ACKNOWLEDGE)
    assert room.shown().is_acknowledged
    # Redis is there, and everything else is published.
    assert room.run.metric("redis_failures_total") == 0.0


class Reporting:
    """A report thread of a test, step by step."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.registry = CollectorRegistry()
        self.thread = ReportThread(client, AlerterMetrics(self.registry), ManualClock())


def test_what_redis_does_not_take_waits_within_its_bound_and_shows_no_password() -> None:
    with RedisServer() as server:
        reporting = Reporting(server.client())
        server.stop()
        for number in range(MOST_WAITING_REPORTS + 5):
            reporting.thread.accepted(receiver_of_url(), [crying(str(number))])
        assert not reporting.thread.publish_waiting()
        server.start()
        assert reporting.thread.publish_waiting()
        found = reports(reporting.client)
    assert [one.notice_id for one in (found[0], found[-1])] == ["5", str(MOST_WAITING_REPORTS + 4)]
    assert reporting.registry.get_sample_value("tears_alerter_dropped_reports_total") == 5.0
    assert {one.who for one in found} == {"json"}


def test_what_redis_refuses_is_said_once_and_published_when_it_may_be(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    reporting = Reporting(redis_server.client_of_user("resetkeys", "~tears:episodes"))
    reporting.thread.accepted(receiver_of_url(), [crying("a")])
    for _ in range(2):
        assert not reporting.thread.publish_waiting()
    (warning,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert "who was told cannot be published" in warning.message
    redis_server.client_of_user()
    assert reporting.thread.publish_waiting()


def test_a_stop_publishes_what_is_left(redis_client: redis.Redis) -> None:
    reporting = Reporting(redis_client)
    reporting.thread.accepted(receiver_of_url("dad"), [crying("a"), crying("b")])
    # It is stopped before it has looked.
    reporting.thread._stopping.set()
    reporting.thread.start()
    reporting.thread.stop()
    assert [(one.who, one.episode_id) for one in reports(redis_client)] == [("dad", "e-a"), ("dad", "e-b")]


@pytest.mark.parametrize("body", [b"", b"\xff\xff", NoticeReport(kind="x" * 600, who="", at_seconds=0.0).encode()])
def test_bytes_that_are_no_report_are_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        NoticeReport.decode(body)
