"""The thread of Home Assistant, round by round, on a real Mosquitto and a clock of the test."""

import tracemalloc
from collections.abc import Iterator
from typing import Self

import msgspec
import pytest
import redis
from prometheus_client import CollectorRegistry
from support.alerter.shown_rooms import heard_episode, shown_room
from support.mqtt.mosquitto import Login, Mosquitto
from support.mqtt.mqtt_watcher import MqttWatcher
from support.waiting import wait_until

from tears.alerter.errors import BrokerError
from tears.alerter.home_assistant.broker_url import parse_broker_url
from tears.alerter.home_assistant.connection import BrokerConnection
from tears.alerter.home_assistant.house_feed import HouseFeed
from tears.alerter.home_assistant.messages.discovery import Described
from tears.alerter.home_assistant.messages.leftovers import GRACE_SECONDS
from tears.alerter.home_assistant.messages.requests import Wish
from tears.alerter.home_assistant.messages.shown_house import ShownHouse, ShownRoom
from tears.alerter.home_assistant.messages.topics import Topics
from tears.alerter.home_assistant.thread import (
    EVENT_LASTS_SECONDS,
    REFUSED_PAUSE_SECONDS,
    VIEW_LASTS_SECONDS,
    HomeAssistantThread,
)
from tears.alerter.metrics import AlerterMetrics
from tears.kit.clock import ManualClock
from tears.kit.health import Health

STATUS, MEASUREMENTS = "tears/status", "tears/nursery/measurements"
TOPICS = Topics("tears", "homeassistant")


class HomeAssistantRun:
    """A thread that is not started: the test does its rounds."""

    def __init__(self, broker: Mosquitto) -> None:
        self.clock = ManualClock()
        self.health = Health(self.clock)
        self.feed = HouseFeed()
        self.registry = CollectorRegistry()
        self.wishes: list[Wish] = []
        self.redis_is_away = False
        self.connection = BrokerConnection(
            parse_broker_url(broker.url), "tears-alerter", TOPICS.status, TOPICS.subscriptions
        )
        self.thread = HomeAssistantThread(
            connection=self.connection,
            topics=TOPICS,
            feed=self.feed,
            described=Described("1.0"),
            snooze_seconds=3_600.0,
            send_wish=self._take_wish,
            past_episodes=list,
            metrics=AlerterMetrics(self.registry),
            health=self.health,
            clock=self.clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close(STATUS, b"offline")

    def show(self, *rooms: ShownRoom) -> None:
        """Hand over what the loop sees now."""
        self.feed.view = ShownHouse(rooms, self.clock.monotonic_seconds())

    def turn(self) -> bool:
        """Do a round, a quarter of a second later; return False, so that it can be waited with."""
        self.clock.advance(0.25)
        try:
            self.thread.turn()
        except BrokerError as error:
            self.thread._note_failure(error)
        return False

    def turn_until_shown(self, watcher: MqttWatcher, topic: str, payload: bytes | None) -> None:
        """Do rounds until a topic has this message; None stands for no message."""
        wait_until(lambda: watcher.topics.get(topic) == payload or self.turn(), describe=lambda: str(watcher.topics))

    def metric(self, name: str, **labels: str) -> float:
        """Return a metric's value."""
        return self.registry.get_sample_value(f"tears_alerter_mqtt_{name}", labels) or 0.0

    def _take_wish(self, wish: Wish) -> None:
        if self.redis_is_away:
            raise redis.ConnectionError("away")
        self.wishes.append(wish)


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as one:
        yield one


@pytest.fixture
def run(broker: Mosquitto) -> Iterator[HomeAssistantRun]:
    with HomeAssistantRun(broker) as one:
        yield one


@pytest.fixture
def watcher(broker: Mosquitto) -> Iterator[MqttWatcher]:
    with MqttWatcher(broker.port) as one:
        yield one


def test_nothing_is_claimed_before_the_loop_has_said_anything_and_when_it_says_nothing_more(
    run: HomeAssistantRun, watcher: MqttWatcher
) -> None:
    run.turn_until_shown(watcher, STATUS, b"offline")
    run.show(shown_room())
    run.turn_until_shown(watcher, STATUS, b"online")
    run.clock.advance(VIEW_LASTS_SECONDS)
    run.turn_until_shown(watcher, STATUS, b"offline")
    run.show(shown_room())
    run.turn_until_shown(watcher, STATUS, b"online")


def test_measurements_come_seldom_and_changes_at_once(run: HomeAssistantRun, watcher: MqttWatcher) -> None:
    for number in range(20):
        run.clock.advance(1.0)
        run.show(shown_room(score=number / 20))
        run.turn()
    run.show(shown_room(open_episode_id="e1", score=1.0))
    run.turn()
    wait_until(lambda: b'"crying":"ON"' in watcher.topics.get("tears/nursery/state", b""))
    scores = [msgspec.json.decode(one)["score"] for one in watcher.payloads(MEASUREMENTS)]
    assert len(scores) <= 4
    assert scores == sorted(scores)


def test_an_unknown_room_is_removed_after_a_while(run: HomeAssistantRun, watcher: MqttWatcher) -> None:
    topics = TOPICS.retained_of_room("attic")
    for topic in topics:
        watcher.publish(topic, b"online", retain=True)
    run.show(shown_room())
    run.turn_until_shown(watcher, "tears/attic/availability", b"offline")
    assert set(topics) <= set(watcher.topics)
    run.clock.advance(GRACE_SECONDS)
    run.show(shown_room())
    for topic in topics:
        run.turn_until_shown(watcher, topic, None)
    assert TOPICS.availability("nursery") in watcher.topics


def test_an_event_that_is_old_when_the_broker_returns_is_dropped(run: HomeAssistantRun, broker: Mosquitto) -> None:
    broker.stop()
    run.feed.episodes.append(heard_episode("old", is_closed=False))
    run.turn()
    run.clock.advance(EVENT_LASTS_SECONDS)
    run.feed.episodes.append(heard_episode("old"))
    broker.start()
    with MqttWatcher(broker.port) as watcher:
        run.show(shown_room())
        run.turn_until_shown(watcher, STATUS, b"online")
        wait_until(lambda: bool(watcher.payloads("tears/nursery/episode")) or run.turn())
        events = [msgspec.json.decode(one)["event_type"] for one in watcher.payloads("tears/nursery/episode")]
    assert events == ["crying_ended"]
    assert run.metric("messages_total", outcome="dropped") == 1.0


def test_a_wish_that_redis_does_not_take_is_counted_and_the_state_goes_on(
    run: HomeAssistantRun, watcher: MqttWatcher
) -> None:
    run.show(shown_room())
    run.turn_until_shown(watcher, STATUS, b"online")
    run.redis_is_away = True
    watcher.publish("tears/nursery/acknowledge/set", b"PRESS")
    wait_until(lambda: run.metric("requests_total", outcome="failed") == 1.0 or run.turn())
    run.redis_is_away = False
    watcher.publish("tears/nursery/acknowledge/set", b"PRESS")
    wait_until(lambda: bool(run.wishes) or run.turn())
    assert run.metric("connected") == 1.0


def test_a_broker_that_is_away_is_tried_again_at_least_every_two_seconds(
    run: HomeAssistantRun, broker: Mosquitto
) -> None:
    broker.stop()
    for _ in range(240):
        run.turn()
    assert run.metric("failures_total") >= 30.0
    assert not run.health.ready().good


def test_a_broker_that_refuses_us_is_tried_every_half_minute() -> None:
    with Mosquitto(login=Login("somebody", "else")) as strict, HomeAssistantRun(strict) as run:
        wait_until(lambda: run.metric("failures_total") == 1.0 or run.turn())
        begun_at_seconds = run.clock.monotonic_seconds()
        wait_until(lambda: run.metric("failures_total") == 2.0 or run.turn())
        assert run.clock.monotonic_seconds() - begun_at_seconds >= REFUSED_PAUSE_SECONDS
        assert "refuses us" in run.health.ready().reason


def test_a_message_of_any_length_takes_no_memory_and_the_cure_is_named(
    run: HomeAssistantRun, watcher: MqttWatcher
) -> None:
    topic = "tears/attic/availability"
    watcher.publish(topic, bytes(40_000_000), retain=True)
    wait_until(lambda: topic in watcher.topics)
    tracemalloc.start()
    try:
        wait_until(lambda: f"mosquitto_pub -r -n -t '{topic}'" in run.health.ready().reason or run.turn())
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    watcher.publish(topic, b"", retain=True)
    run.show(shown_room())
    run.clock.advance(REFUSED_PAUSE_SECONDS)
    run.show(shown_room())
    run.turn_until_shown(watcher, STATUS, b"online")


def test_another_client_with_our_name_is_noticed(
    run: HomeAssistantRun, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    run.show(shown_room())
    run.turn_until_shown(watcher, STATUS, b"online")
    with HomeAssistantRun(broker) as other:
        other.show(shown_room())
        wait_until(lambda: other.metric("connected") == 1.0 or other.turn())
        wait_until(lambda: run.metric("failures_total") >= 1.0 or run.turn())
    assert "lost" in run.health.ready().reason
