import pytest

from tears.alerter.errors import BrokerUrlError
from tears.alerter.home_assistant.broker_url import Broker, parse_broker_url


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://ha.local", Broker("ha.local", 1883, is_tls=False)),
        ("mqtts://ha.local", Broker("ha.local", 8883, is_tls=True)),
        ("mqtt://ha.local:2883/", Broker("ha.local", 2883, is_tls=False)),
        ("mqtt://me:a%23b%2F@10.0.0.2", Broker("10.0.0.2", 1883, is_tls=False, username="me", password="a#b/")),  # noqa: S106 - made up
        ("mqtt://me@[fd00::1]:1884", Broker("fd00::1", 1884, is_tls=False, username="me")),
    ],
)
def test_the_parts_of_a_url(url: str, broker: Broker) -> None:
    assert parse_broker_url(url) == broker


@pytest.mark.parametrize(
    "url",
    [
        "ha.local",
        "http://me:s3cret@ha.local",
        "mqtt://",
        "mqtt://me:s3cret@ha.local:port",
        "mqtt://ha.local:0",
        "mqtt://ha.local:99999",
        "mqtt://me:s3cret@[ha.local",
        "mqtt://me:s3/cret@ha.local",
        "mqtt://me:s3#cret@ha.local",
        "mqtt://ha.local?s3cret=1",
        "mqtt://:s3cret@ha.local",
    ],
)
def test_what_is_not_the_url_of_a_broker_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(BrokerUrlError, match="TEARS_ALERTER_MQTT_URL") as refused:
        parse_broker_url(url)
    assert "s3" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_login_is_not_printed() -> None:
    broker = parse_broker_url("mqtts://me:s3cret@[fd00::1]")
    assert broker.description == "mqtts://[fd00::1]:8883"
    assert "s3cret" not in repr(broker)
    assert "me" not in repr(broker)
