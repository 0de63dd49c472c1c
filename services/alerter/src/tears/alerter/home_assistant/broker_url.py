"""Where the MQTT broker is: the parts of TEARS_ALERTER_MQTT_URL. No I/O."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tears.alerter.errors import BrokerUrlError

_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = (
    "mqtt://USER:PASSWORD@HOST:1883, or mqtts:// for TLS; in the password, write / ? # % @ and other special "
    "characters in percent encoding: # is %23"
)


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of a broker, and how to log in. The password is never printed.

    Attributes:
        username: empty if the broker asks for none.
    """

    host: str
    port: int
    is_tls: bool
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def description(self) -> str:
        """The broker's name in logs; does not reveal how to log in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.is_tls else 'mqtt'}://{host}:{self.port}"


def parse_broker_url(url: str) -> Broker:
    """Return the parts of a URL.

    Raises:
        BrokerUrlError: it is not the URL of a broker; never shows the URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Without the text of the error: it shows parts of the URL, and one of them may be a password.
        raise BrokerUrlError(f"TEARS_ALERTER_MQTT_URL is not a URL; write {_EXAMPLE}") from None
    if parts.scheme not in _DEFAULT_PORTS or not host or port == 0:
        raise BrokerUrlError(f"TEARS_ALERTER_MQTT_URL is not the URL of an MQTT broker; write {_EXAMPLE}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BrokerUrlError(f"TEARS_ALERTER_MQTT_URL has something behind the host; write {_EXAMPLE}")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and not username:
        raise BrokerUrlError(f"TEARS_ALERTER_MQTT_URL has a password, but no user; write {_EXAMPLE}")
    return Broker(host, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "mqtts", username, password)
