"""What else keeps the parents from being told: the clock, a receiver, a microphone that clips."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import redis
from support.alerter.alerter_runs import AlerterRun, AlerterRuns
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, cries, header, night, publish, scored
from support.waiting import wait_until

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.proof.heartbeat import Heartbeat
from tears.alerter.proof.listening_proof import ReceiverReach
from tears.alerter.proof.receiver_reach import receiver_reach
from tears.kit.clock import wall_clock_fault
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names


class WatchedHouse:
    """The alerter round by round, with one room that gives a score in each of them."""

    def __init__(self, run: AlerterRun) -> None:
        self.run = run
        self.windows = 0
        self.score = QUIET
        self.state = MicState.LISTENING
        self.heartbeat = Heartbeat("http://127.0.0.1/", run.proof.metrics, run.clock)
        run.proof.heartbeat = self.heartbeat

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass, with a round every five seconds."""
        for _ in range(seconds // 5):
            now = self.run.clock.wall_seconds()
            record = MicRecord(
                mic="nursery",
                sample_rate_hz=48_000,
                channels=1,
                device="usb",
                session="s1",
                heartbeat_seconds=now,
                state=self.state,
            )
            self.run.client.hset(names.MICS_HASH, "nursery", record.encode())
            publish(self.run.client, [scored(self.score, header(self.windows))])
            self.windows += 1
            self.run.turn(seconds=5.0)

    def is_well(self) -> bool:
        """Return whether a heartbeat would be sent now."""
        return self.heartbeat._well_at_seconds == self.run.clock.monotonic_seconds()

    def told(self, reason: str) -> list[Notice]:
        """Return the notices about one kind of fault."""
        waiting = [one.notice for one in self.run.outbox.waiting_notices("parent")]
        return [one for one in waiting if one.facts.get("reason") == reason]


@pytest.fixture
def house(runs: AlerterRuns) -> WatchedHouse:
    return WatchedHouse(runs.begin())


def test_a_microphone_that_clips_for_minutes_is_told_and_the_room_is_listened_to_all_the_same(
    house: WatchedHouse,
) -> None:
    house.pass_seconds(10)
    assert house.is_well()
    house.state = MicState.CLIPPING
    house.pass_seconds(295)
    assert not house.told("clipping")
    house.pass_seconds(10)
    (told,) = house.told("clipping")
    assert (told.kind, told.mic) == (NoticeKind.NOT_LISTENING, "nursery")
    assert not house.run.metric("deaf", mic="nursery")
    assert house.run.metric("house_faults", fault="clipping") == 1
    assert not house.is_well()
    house.state = MicState.LISTENING
    house.pass_seconds(305)
    assert [one.kind for one in house.told("clipping")] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]
    assert house.is_well()


def test_crying_that_clips_is_no_fault(house: WatchedHouse) -> None:
    house.score, house.state = LOUD, MicState.CLIPPING
    house.pass_seconds(400)
    assert house.run.metric("open_episodes", mic="nursery") == 1
    assert not house.told("clipping")


def test_an_impossible_clock_is_told_when_it_lasts_for_a_minute(house: WatchedHouse) -> None:
    house.run.proof.clock_fault = wall_clock_fault
    house.run.clock.step_wall(1_780_000_000.0 - house.run.clock.wall_seconds())
    house.pass_seconds(5)
    house.run.clock.step_wall(-1_780_000_000.0)
    house.pass_seconds(50)
    assert not house.told("clock")
    house.pass_seconds(15)
    (told,) = house.told("clock")
    assert "1970" in str(told.facts["error"])
    house.run.clock.step_wall(1_780_000_000.0)
    house.pass_seconds(5)
    assert [one.kind for one in house.told("clock")] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]


def test_a_receiver_that_takes_nothing_for_minutes_is_told_by_the_others(house: WatchedHouse) -> None:
    house.run.proof.ask_reach = lambda: ReceiverReach(2, {"ntfy (URL 2)": 3})
    house.pass_seconds(290)
    assert not house.told("receiver")
    house.pass_seconds(20)
    (told,) = house.told("receiver")
    assert (told.facts["receiver"], told.facts["waiting"], told.mic) == ("ntfy (URL 2)", 3, "")
    house.run.proof.ask_reach = lambda: ReceiverReach(2, {})
    house.pass_seconds(15)
    assert [one.kind for one in house.told("receiver")] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]


def test_a_list_of_receivers_with_a_fault_is_told_when_it_lasts_for_a_minute(house: WatchedHouse) -> None:
    house.run.proof.alerts_fault = lambda: "alerts.toml: repeet_seconds is not known"
    house.pass_seconds(55)
    assert not house.told("receivers_file")
    house.pass_seconds(15)
    (told,) = house.told("receivers_file")
    assert told.facts["error"] == "alerts.toml: repeet_seconds is not known"
    assert house.run.metric("house_faults", fault="receivers_file") == 1
    house.run.proof.alerts_fault = lambda: ""
    house.pass_seconds(5)
    assert [one.kind for one in house.told("receivers_file")] == [
        NoticeKind.NOT_LISTENING,
        NoticeKind.LISTENING_AGAIN,
    ]


def test_a_url_that_was_left_out_is_told_and_the_heartbeat_goes_on(house: WatchedHouse) -> None:
    house.run.proof.unreachable_variables = ["TEARS_ALERTER_BABYBUDDY_URL"]
    house.pass_seconds(10)
    (told,) = house.told("setting")
    assert told.facts["variable"] == "TEARS_ALERTER_BABYBUDDY_URL"
    assert house.is_well()
    house.run.proof.unreachable_variables = []
    house.pass_seconds(5)
    assert [one.kind for one in house.told("setting")] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]


def test_urls_that_can_never_be_reached_stop_no_alert(
    redis_client: redis.Redis, start_alerter: Callable[..., ServiceProcess], receiver: NoticeReceiver
) -> None:
    wrong = {"alerter_heartbeat_url": "http://host:99999/secret", "alerter_babybuddy_url": "http://[::1/"}
    with start_alerter(alerter_notify=receiver.url(), alerter_lateness_seconds="inf", **wrong) as alerter:
        publish(redis_client, night(cries(1)))
        # The crying, and both URLs.
        wait_until(lambda: len(receiver.taken) == 3, describe=alerter.log)
        ready = alerter.probe("/readyz")[1]
    assert len(receiver.texts()) == 1
    told = [one["message"] for one in receiver.taken]
    for variable in ("TEARS_ALERTER_HEARTBEAT_URL", "TEARS_ALERTER_BABYBUDDY_URL"):
        assert f"{variable}: this URL can never be reached" in ready
        assert f"{variable}: this URL can never be reached" in alerter.log()
        assert any(f"the address in {variable} can never be reached" in text for text in told)
    assert "secret" not in alerter.log()


def test_where_no_receiver_takes_anything_only_the_heartbeat_stops(house: WatchedHouse) -> None:
    house.run.proof.ask_reach = lambda: ReceiverReach(1, {"ntfy (URL 1)": 3})
    house.pass_seconds(310)
    assert not house.told("receiver")
    assert house.run.metric("house_faults", fault="receiver") == 1
    assert not house.is_well()


def test_the_outbox_says_which_receiver_has_not_accepted_its_notices(house: WatchedHouse) -> None:
    house.score = LOUD
    house.pass_seconds(30)
    connection, known = house.run.connection, {"parent": "ntfy (URL 1)"}
    assert receiver_reach(connection, known) == ReceiverReach(1, {})
    (waiting,) = house.run.outbox.waiting_notices("parent")
    house.run.outbox.count_attempt(waiting)
    assert receiver_reach(connection, known) == ReceiverReach(1, {"ntfy (URL 1)": 1})
    assert receiver_reach(connection, {}) == ReceiverReach(0, {})


def test_no_heartbeat_while_a_room_is_deaf_or_redis_is_away(
    house: WatchedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pass_seconds(10)
    house.run.turn(8, seconds=10.0)
    assert house.run.metric("deaf", mic="nursery") == 1
    assert not house.is_well()
    house.pass_seconds(5)
    assert house.is_well()

    def away(*_: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(house.run.alerter, "_read", away)
    house.run.turn()
    assert not house.is_well()


@pytest.mark.parametrize("error", [sqlite3.OperationalError("locked"), RuntimeError("our fault")])
def test_a_proof_that_breaks_down_is_counted_and_listening_goes_on(house: WatchedHouse, error: Exception) -> None:
    house.pass_seconds(10)

    def broken() -> ReceiverReach:
        raise error

    house.run.proof.ask_reach = broken
    house.score = LOUD
    house.pass_seconds(50)
    assert house.run.titles() == ["nursery: crying"]
    # An outbox that is busy is no fault: what was known of it still counts.
    assert (house.run.metric("proof_failures_total") > 0) is not isinstance(error, sqlite3.Error)
