"""A client of a broker that remembers what it keeps, as Home Assistant would see it."""

import threading
from typing import Any, Self

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from support.mqtt.mosquitto import Login
from support.waiting import wait_until

# A process that has just been started needs its time on a busy machine.
ARRIVAL_SECONDS = 60.0


class MqttWatcher:
    """Subscribed to everything. Use it as a context manager.

    Attributes:
        topics: the last message of each topic; one that was emptied is not there.
        messages: all messages in the order in which they came, as (topic, payload).
    """

    def __init__(self, port: int, *, login: Login | None = None, ca_path: str = "") -> None:
        """Connect later; with TLS if `ca_path` names an authority."""
        self.topics: dict[str, bytes] = {}
        self.messages: list[tuple[str, bytes]] = []
        self._is_subscribed = threading.Event()
        self._port = port
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._is_subscribed.set()
        self._client.on_message = self._note
        if login:
            self._client.username_pw_set(login.username, login.password)
        if ca_path:
            self._client.tls_set(ca_certs=ca_path)

    def state(self, topic: str) -> Any:
        """Return the JSON of a topic; None if it has nothing."""
        body = self.topics.get(topic)
        return None if body is None else msgspec.json.decode(body)

    def wait_for(self, topic: str, payload: bytes, deadline_seconds: float = ARRIVAL_SECONDS) -> None:
        """Wait until a topic has this message."""
        wait_until(
            lambda: self.topics.get(topic) == payload, deadline_seconds, describe=lambda: f"{topic}: {self.topics}"
        )

    def wait_for_field(self, topic: str, deadline_seconds: float = ARRIVAL_SECONDS, **field: object) -> None:
        """Wait until a field of a topic's JSON has this value."""
        ((name, value),) = field.items()
        wait_until(
            lambda: (self.state(topic) or {}).get(name, self) == value,
            deadline_seconds,
            describe=lambda: f"{topic}.{name}: {self.topics}",
        )

    def payloads(self, topic: str) -> list[bytes]:
        """Return all messages of a topic."""
        return [payload for one, payload in self.messages if one == topic]

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send a message, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(ARRIVAL_SECONDS)

    def __enter__(self) -> Self:
        self._client.connect("localhost", self._port)
        self._client.loop_start()
        wait_until(self._is_subscribed.is_set)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("#", qos=1)

    def _note(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        self.messages.append((message.topic, payload))
        # A new dictionary each time, because a test may go through the one of before at this moment.
        topics = {**self.topics, message.topic: payload}
        self.topics = {topic: kept for topic, kept in topics.items() if kept}
