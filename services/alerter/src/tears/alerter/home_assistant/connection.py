"""The connection to the MQTT broker: one that belongs to one thread, which serves it and waits for nothing else.

State is sent without acknowledgement (QoS 0), because all of it is sent again on each new connection: a message that
was repeated from an earlier connection could overwrite a newer one. Events are acknowledged (QoS 1).
"""

import select
import ssl
from collections import deque
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from tears.alerter.errors import BrokerError, BrokerRefusedError
from tears.alerter.home_assistant.broker_url import Broker
from tears.alerter.home_assistant.messages.requests import BrokerMessage
from tears.alerter.home_assistant.messages.topics import OFFLINE

# The broker says that we are gone when it has heard nothing for one and a half times as long.
KEEP_ALIVE_SECONDS = 15
# A step of the connection may take so long: a lookup aside, a broker that returns is found within five seconds.
BROKER_TIMEOUT_SECONDS = 3.0
# How long a stop waits until the last message is on its way.
_FAREWELL_SECONDS = 1.0
MOST_UNACKNOWLEDGED_EVENTS = 64
MOST_WAITING_MESSAGES = 256
_STATE_QOS, _EVENT_QOS = 0, 1

# No message to us is longer. A broker may keep one of 256 MB, and would send it again on each new connection.
MOST_MESSAGE_BYTES = 65_536


class _BoundedClient(mqtt.Client):
    """A client that reads no message above `MOST_MESSAGE_BYTES`: its connection counts as lost then.

    Attributes:
        too_long: the length and the topic of the message that ended the connection.
    """

    too_long: tuple[int, str] | None = None

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize <= MOST_MESSAGE_BYTES:
            return super()._sock_recv(bufsize)
        # The topic stands at the beginning, after its length.
        begin = super()._sock_recv(MOST_MESSAGE_BYTES)
        topic = begin[2 : 2 + int.from_bytes(begin[:2], "big")].decode(errors="replace")
        self.too_long = bufsize, "".join(one if one.isprintable() else "?" for one in topic[:100])
        raise OSError("the message is too long")


class BrokerConnection:
    """A connection that is opened again and again. All methods belong to one thread.

    Attributes:
        is_ready: the broker has accepted us.
        received: the messages that came, the oldest first; the caller takes them out.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        will_topic: str,
        subscriptions: Sequence[str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Do not connect yet.

        The id of the client stays the same, so that the broker drops an older connection of ours at once. The will of
        that one, which says `offline`, would otherwise come after our `online`. A broker with TLS needs `tls`.
        """
        self.is_ready = False
        self.received: deque[BrokerMessage] = deque(maxlen=MOST_WAITING_MESSAGES)
        self.description = broker.description
        self._broker = broker
        self._subscriptions = [(topic, _EVENT_QOS) for topic in subscriptions]
        self._refusal = ""
        self._client = _BoundedClient(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
        self._client.connect_timeout = BROKER_TIMEOUT_SECONDS
        self._client.max_queued_messages_set(MOST_UNACKNOWLEDGED_EVENTS)
        self._client.will_set(will_topic, OFFLINE, qos=_EVENT_QOS, retain=True)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password or None)
        if broker.is_tls:
            self._client.tls_set_context(tls)
        self._client.on_connect = self._note_answer
        self._client.on_message = self._note_message

    def open(self) -> None:
        """Connect, and ask the broker to accept us; its answer comes while it is served. Raise BrokerError."""
        self.is_ready, self._refusal = False, ""
        try:
            self._client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_SECONDS)
        except ssl.SSLError as error:
            cure = "does TEARS_ALERTER_MQTT_CA_PATH name the authority that signed its certificate?"
            raise BrokerError(f"{self.description} has no TLS that can be trusted: {_why(error)}; {cure}") from error
        except (OSError, ValueError) as error:
            raise BrokerError(f"{self.description} cannot be reached: {_why(error)}") from error

    def serve(self, seconds: float) -> None:
        """Read and write for up to this time.

        Raises:
            BrokerRefusedError: the broker does not accept us, or sends what is too long.
            BrokerError: the connection is lost.
        """
        result = self._read_and_write(seconds)
        if self._refusal:
            self.is_ready = False
            cure = "check the user and the password in TEARS_ALERTER_MQTT_URL"
            raise BrokerRefusedError(f"{self.description} refuses us: {self._refusal}; {cure}")
        if self._client.too_long:
            self.is_ready = False
            (length_bytes, topic), self._client.too_long = self._client.too_long, None
            raise BrokerRefusedError(
                f"{self.description} keeps a message of {length_bytes} bytes on {topic}, which is too long; delete it: "
                f"mosquitto_pub -r -n -t '{topic}'"
            )
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.is_ready = False
            raise BrokerError(f"the connection to {self.description} is lost: {mqtt.error_string(result)}")

    @property
    def is_congested(self) -> bool:
        """Whether the broker takes nothing now, so that another message would only wait."""
        return self._client.want_write()

    def publish_state(self, topic: str, payload: bytes) -> None:
        """Send a message that the broker keeps; an empty payload makes it forget the last one."""
        self._client.publish(topic, payload, qos=_STATE_QOS, retain=True)

    def publish_event(self, topic: str, payload: bytes) -> bool:
        """Send a message that is only for those who listen now; return False if too many are unacknowledged."""
        result = self._client.publish(topic, payload, qos=_EVENT_QOS, retain=False)
        return result.rc != MQTTErrorCode.MQTT_ERR_QUEUE_SIZE

    def close(self, last_topic: str, last_payload: bytes) -> None:
        """Send a last message, and leave in good order. The broker then does not send our will."""
        if self.is_ready:
            self.publish_state(last_topic, last_payload)
            if self.is_congested:
                self._read_and_write(_FAREWELL_SECONDS)
        self._client.disconnect()
        self.is_ready = False

    def _read_and_write(self, seconds: float) -> MQTTErrorCode:
        # Without the client's own loop, which holds two more sockets to be woken by other threads.
        socket: Any = self._client.socket()
        if socket is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        # TLS may have decrypted more than was read.
        is_waiting = self._broker.is_tls and socket.pending() > 0
        writers = [socket] if self._client.want_write() else []
        readable, writable, _ = select.select([socket], writers, [], 0.0 if is_waiting else seconds)
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        if readable or is_waiting:
            result = self._client.loop_read()
        if writable and result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            result = self._client.loop_write()
        return self._client.loop_misc() if result == MQTTErrorCode.MQTT_ERR_SUCCESS else result

    def _note_answer(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            return
        client.subscribe(self._subscriptions)
        self.is_ready = True

    def _note_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.received.append(BrokerMessage(message.topic, bytes(message.payload), message.retain))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", "") or str(error) or type(error).__name__
