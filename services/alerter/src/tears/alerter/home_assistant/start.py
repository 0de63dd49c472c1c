"""Start and stop the thread of Home Assistant, if a broker is set."""

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import redis

from tears.alerter.home_assistant.authority import authority_copy_of, tls_context
from tears.alerter.home_assistant.broker_url import parse_broker_url
from tears.alerter.home_assistant.house_feed import HouseFeed
from tears.alerter.home_assistant.messages.discovery import Described
from tears.alerter.home_assistant.messages.requests import Wish
from tears.alerter.home_assistant.messages.topics import Topics
from tears.alerter.home_assistant.past_episodes import past_episodes
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.settings import AlerterSettings
from tears.kit.commands.giving import give_command
from tears.kit.registry.room_names import RoomNames
from tears.kit.service import Service


def send_wish(client: redis.Redis, wish: Wish) -> None:
    """Give the alerter a command for what Home Assistant asks; raise redis-py's errors as they are."""
    give_command(client, wish.kind, sender="mqtt", mic=wish.mic, snooze_seconds=wish.snooze_seconds)


@contextmanager
def home_assistant(
    service: Service[AlerterSettings],
    client: redis.Redis,
    feed: HouseFeed,
    metrics: AlerterMetrics,
    room_names: RoomNames,
) -> Iterator[None]:
    """Keep Home Assistant up to date with what the feed gets, until the end of the block; do nothing without a broker.

    Raises:
        BrokerUrlError: the settings of the broker cannot be used.
    """
    settings = service.settings
    if not settings.mqtt_url:
        yield
        return
    # The client takes memory that an alerter without a broker need not spend.
    from tears.alerter.home_assistant.connection import BrokerConnection  # noqa: PLC0415 - see above
    from tears.alerter.home_assistant.thread import HomeAssistantThread  # noqa: PLC0415 - see above

    topics = Topics(settings.mqtt_topic, settings.mqtt_discovery_topic)
    broker = parse_broker_url(settings.mqtt_url)
    connection = BrokerConnection(
        broker,
        client_id=f"{settings.mqtt_topic}-alerter",
        will_topic=topics.status,
        subscriptions=topics.subscriptions,
        tls=tls_context(settings.mqtt_ca_path, authority_copy_of(Path(settings.state_path))) if broker.is_tls else None,
    )
    thread = HomeAssistantThread(
        connection=connection,
        topics=topics,
        feed=feed,
        described=Described(
            importlib.metadata.version("tears-alerter"), settings.journal_url, settings.language, room_names
        ),
        snooze_seconds=settings.mqtt_snooze_seconds,
        send_wish=partial(send_wish, client),
        past_episodes=lambda: past_episodes(client, Path(settings.state_path), service.clock.wall_seconds()),
        metrics=metrics,
        health=service.health,
        clock=service.clock,
    )
    thread.start()
    try:
        yield
    finally:
        thread.stop()
