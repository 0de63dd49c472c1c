"""The alerter as a process, a real Mosquitto, and a client that sees what Home Assistant would see."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
import redis
from support.alerter.alerter_runs import register
from support.mqtt.mosquitto import Mosquitto
from support.mqtt.mqtt_watcher import MqttWatcher
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, cries, episodes, night, publish, session_end
from support.waiting import wait_until

from tears.kit.messages import EpisodeState
from tears.kit.registry.retirement import retire_mic
from tears.kit.streams import names

StartAlerter = Callable[..., ServiceProcess]

STATUS, STATE, AVAILABILITY = "tears/status", "tears/nursery/state", "tears/nursery/availability"
DEVICE = "homeassistant/device/tears_nursery/config"
# Sooner than anybody notices that a frozen broker does not answer, which takes 15 s.
WITHOUT_BROKER_SECONDS = 10.0


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as one:
        yield one


@pytest.fixture
def watcher(broker: Mosquitto) -> Iterator[MqttWatcher]:
    with MqttWatcher(broker.port) as one:
        yield one


def length_of_last(client: redis.Redis) -> int:
    """Return how long the last episode was."""
    # Home Assistant may be told a moment before Redis.
    wait_until(lambda: episodes(client)[-1].state is EpisodeState.CLOSED)
    last = episodes(client)[-1]
    return round(last.end_seconds - last.start_seconds)


def test_a_room_becomes_a_device_that_shows_its_crying(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET]))
        watcher.wait_for(STATUS, b"online")
        watcher.wait_for(AVAILABILITY, b"online")
        watcher.wait_for_field(STATE, crying="OFF")
        assert watcher.state(DEVICE)["device"]["name"] == "nursery"
        publish(redis_client, night([LOUD] * 8, first=1))
        watcher.wait_for_field(STATE, crying="ON")
        wait_until(lambda: len(watcher.payloads("tears/nursery/episode")) == 1)
        publish(redis_client, night([QUIET] * 14, first=9))
        watcher.wait_for_field(STATE, crying="OFF")
        watcher.wait_for_field(STATE, last_episode_seconds=length_of_last(redis_client))
        wait_until(lambda: len(watcher.payloads("tears/nursery/episode")) == 2)
        assert alerter.metric("tears_alerter_mqtt_connected") == 1.0
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
        watcher.wait_for(STATUS, b"offline")


def test_a_killed_alerter_is_shown_as_offline_by_the_broker(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET]))
        watcher.wait_for(STATUS, b"online")
        alerter.kill()
        watcher.wait_for(STATUS, b"offline")


def test_a_frozen_alerter_is_shown_as_offline_within_a_minute(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET]))
        watcher.wait_for(STATUS, b"online")
        os.kill(alerter.pid, signal.SIGSTOP)
        watcher.wait_for(STATUS, b"offline")
        os.kill(alerter.pid, signal.SIGCONT)
        watcher.wait_for(STATUS, b"online")


def test_a_room_that_is_not_listening_is_unavailable_and_not_off(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    register(redis_client)
    with start_alerter(alerter_mqtt_url=broker.url, alerter_deaf_seconds="2"):
        # Nothing has been heard yet.
        watcher.wait_for(AVAILABILITY, b"offline")
        assert watcher.state(STATE)["crying"] is None
        publish(redis_client, night([QUIET]))
        watcher.wait_for(AVAILABILITY, b"online")
        watcher.wait_for_field(STATE, problem="ON")
        watcher.wait_for(AVAILABILITY, b"offline")
        watcher.wait_for_field(STATE, crying=None)
        watcher.wait_for_field("tears/state", problem="ON")
        publish(redis_client, night([QUIET], first=1))
        watcher.wait_for(AVAILABILITY, b"online")
        watcher.wait_for_field(STATE, problem="OFF")
    shown = [payload for topic, payload in watcher.messages if topic == STATE and b'"crying":"OFF"' in payload]
    assert len(shown) == 2


def test_a_broker_that_returns_empty_has_the_present_state_soon(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, receiver: NoticeReceiver
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url, alerter_notify=receiver.url()) as alerter:
        publish(redis_client, night([QUIET]))
        with MqttWatcher(broker.port) as before:
            before.wait_for_field(STATE, crying="OFF")
        broker.stop()
        wait_until(lambda: alerter.metric("tears_alerter_mqtt_failures_total") >= 3.0)
        publish(redis_client, night([LOUD] * 8, first=1))
        # No alert waits for the broker, which is away until then.
        wait_until(lambda: len(receiver.taken) == 1)
        assert "mqtt broker" in alerter.probe("/readyz")[1]
        broker.start()
        with MqttWatcher(broker.port) as after:
            after.wait_for_field(STATE, crying="ON")
            after.wait_for(STATUS, b"online")
            assert set(after.topics) >= {DEVICE, "homeassistant/device/tears/config", AVAILABILITY}
        wait_until(lambda: alerter.probe("/readyz")[0] == 200)


def test_a_frozen_broker_delays_no_alert_and_is_right_soon_after(
    redis_client: redis.Redis,
    start_alerter: StartAlerter,
    broker: Mosquitto,
    watcher: MqttWatcher,
    receiver: NoticeReceiver,
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url, alerter_notify=receiver.url()):
        publish(redis_client, night([QUIET]))
        watcher.wait_for_field(STATE, crying="OFF")
        broker.freeze()
        publish(redis_client, night([LOUD] * 8, first=1))
        wait_until(lambda: len(receiver.taken) == 1, WITHOUT_BROKER_SECONDS)
        broker.thaw()
        watcher.wait_for_field(STATE, crying="ON")


def test_home_assistant_that_starts_again_gets_everything_again(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url):
        publish(redis_client, night([QUIET]))
        watcher.wait_for_field(STATE, crying="OFF")
        watcher.wait_for(STATUS, b"online")
        before = len(watcher.payloads(DEVICE))
        watcher.publish("homeassistant/status", b"online")
        wait_until(lambda: len(watcher.payloads(DEVICE)) == before + 1)
        wait_until(lambda: len(watcher.payloads(STATUS)) >= 2)


def test_a_will_that_comes_late_is_corrected(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url):
        publish(redis_client, night([QUIET]))
        watcher.wait_for(STATUS, b"online")
        watcher.publish(STATUS, b"offline", retain=True)
        wait_until(lambda: watcher.payloads(STATUS)[-2:] == [b"offline", b"online"])


def test_a_retired_room_is_removed(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    register(redis_client)
    with start_alerter(alerter_mqtt_url=broker.url):
        publish(redis_client, night([QUIET]))
        watcher.wait_for_field(STATE, crying="OFF")
        publish(redis_client, [session_end(1)])
        retire_mic(redis_client, "nursery")
        wait_until(lambda: not [topic for topic in watcher.topics if "nursery" in topic])
        assert watcher.topics[STATUS] == b"online"


@pytest.mark.usefixtures("redis_client")
def test_a_room_that_nobody_knows_any_more_is_unavailable_at_once(
    start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    watcher.publish("tears/attic/availability", b"online", retain=True)
    with start_alerter(alerter_mqtt_url=broker.url):
        watcher.wait_for("tears/attic/availability", b"offline")


def test_crying_from_before_a_restart_is_still_counted(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night(cries(2)))
        wait_until(lambda: len(watcher.payloads("tears/nursery/episode")) == 4)
        alerter.terminate()
        alerter.wait_for_exit()
    broker.stop()
    broker.start()
    with start_alerter(alerter_mqtt_url=broker.url):
        watcher.wait_for_field(STATE, last_episode_seconds=length_of_last(redis_client))
        watcher.wait_for(STATUS, b"online")
    # What was before is no news.
    assert len(watcher.payloads("tears/nursery/episode")) == 4


def test_a_flood_of_rooms_and_a_wrong_type_in_redis_leave_the_connection_up(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    redis_client.set(names.EPISODES_STREAM, "no stream")
    with start_alerter(alerter_mqtt_url=broker.url):
        for number in range(30):
            publish(redis_client, night([QUIET], mic=f"room{number}"))
        wait_until(lambda: sum(topic.endswith("/config") for topic in watcher.topics) == 31)


def test_the_switch_and_the_button_reach_the_alerter(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET] * 3 + [LOUD] * 8))
        watcher.wait_for_field(STATE, crying="ON")
        assert watcher.state(STATE)["acknowledged"] is False
        watcher.publish("tears/nursery/acknowledge/set", b"PRESS")
        watcher.wait_for_field(STATE, acknowledged=True)
        watcher.publish("tears/nursery/snooze/set", b"ON")
        watcher.wait_for_field(STATE, snooze="ON")
        assert watcher.state(STATE)["snoozed_until"] is not None
        watcher.publish("tears/nursery/snooze/set", b"OFF")
        watcher.wait_for_field(STATE, snooze="OFF")
        watcher.publish("tears/nursery/snooze/set", b"a week")
        watcher.publish("tears/attic/snooze/set", b"ON")
        for outcome, count in (("sent", 3.0), ("malformed", 1.0), ("unknown_room", 1.0)):
            wait_until(lambda: alerter.metric("tears_alerter_mqtt_requests_total", outcome=outcome) == count)  # noqa: B023 - called in this round


def test_a_request_that_the_broker_has_kept_is_not_heeded(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    watcher.publish("tears/nursery/snooze/set", b"ON", retain=True)
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET]))
        wait_until(lambda: alerter.metric("tears_alerter_mqtt_requests_total", outcome="retained") == 1.0)
        watcher.wait_for_field(STATE, snooze="OFF")


def test_a_frozen_broker_does_not_keep_the_alerter_from_ending(
    redis_client: redis.Redis, start_alerter: StartAlerter, broker: Mosquitto, watcher: MqttWatcher
) -> None:
    with start_alerter(alerter_mqtt_url=broker.url) as alerter:
        publish(redis_client, night([QUIET]))
        watcher.wait_for(STATUS, b"online")
        broker.freeze()
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
        broker.thaw()
        watcher.wait_for(STATUS, b"offline")
