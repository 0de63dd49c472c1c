"""How the alerter connects to a broker that wants TLS and a login, and what it does if that is wrong."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from support.mqtt.mosquitto import Login, Mosquitto
from support.mqtt.mqtt_watcher import MqttWatcher
from support.network.certificates import Authority
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, night, publish
from support.waiting import wait_until

StartAlerter = Callable[..., ServiceProcess]

STATUS = "tears/status"
LOGIN = Login("tears", "pa55/w#rd")
URL_LOGIN = "tears:pa55%2Fw%23rd@"


def test_a_broker_with_tls_and_a_login(redis_client: redis.Redis, start_alerter: StartAlerter, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "home")
    ca_path = tmp_path / "home.pem"
    ca_path.write_text(authority.root)
    with (
        Mosquitto(login=LOGIN, certificate=authority.sign("localhost")) as broker,
        MqttWatcher(broker.port, login=LOGIN, ca_path=str(ca_path)) as watcher,
    ):
        url = f"mqtts://{URL_LOGIN}localhost:{broker.port}"
        with start_alerter(alerter_mqtt_url=url, alerter_mqtt_ca_path=str(ca_path), log_level="DEBUG") as alerter:
            publish(redis_client, night([QUIET]))
            watcher.wait_for(STATUS, b"online")
            watcher.wait_for_field("tears/nursery/state", crying="OFF")
            alerter.terminate()
            assert alerter.wait_for_exit() == 0
            watcher.wait_for(STATUS, b"offline")
    for file in (one for one in tmp_path.rglob("*") if one.is_file()):
        assert b"pa55" not in file.read_bytes()


def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    certificate = Authority(tmp_path, "stranger").sign("localhost")
    with Mosquitto(certificate=certificate) as broker:
        url = f"mqtts://{URL_LOGIN}localhost:{broker.port}"
        with start_alerter(alerter_mqtt_url=url, alerter_notify=receiver.url()) as alerter:
            publish(redis_client, night([QUIET] * 3 + [LOUD] * 8))
            wait_until(lambda: len(receiver.taken) == 1)
            wait_until(lambda: "TEARS_ALERTER_MQTT_CA_PATH" in alerter.probe("/readyz")[1])
            assert "pa55" not in alerter.probe("/readyz")[1]


@pytest.mark.usefixtures("redis_client")
def test_a_wrong_password_is_reported_and_not_shown(start_alerter: StartAlerter) -> None:
    with Mosquitto(login=LOGIN) as broker:
        wrong = f"mqtt://tears:wr0ng@127.0.0.1:{broker.port}"
        with start_alerter(alerter_mqtt_url=wrong) as alerter:
            wait_until(lambda: "refuses us" in alerter.probe("/readyz")[1])
            # The probes and everything else answer.
            assert alerter.probe("/healthz")[0] == 200
            assert alerter.metric("tears_alerter_mqtt_connected") == 0.0
            assert "wr0ng" not in alerter.log() + alerter.probe("/readyz")[1]
            alerter.terminate()
            assert alerter.wait_for_exit() == 0


@pytest.mark.usefixtures("redis_client")
@pytest.mark.parametrize("url", ["mqtt://me:horse@host:port", "mqtt://me:horse/staple@host", "http://me:horse@host"])
def test_a_url_that_is_none_is_refused_at_the_start_without_being_shown(start_alerter: StartAlerter, url: str) -> None:
    with start_alerter(alerter_mqtt_url=url) as alerter:
        assert alerter.wait_for_exit() == 78
        assert "TEARS_ALERTER_MQTT_URL" in alerter.log()
        # Whole words: two letters are now and then in the name of a temporary folder.
        assert "horse" not in alerter.log()
        assert "staple" not in alerter.log()


@pytest.mark.usefixtures("redis_client")
def test_an_authority_that_cannot_be_read_is_refused_at_the_start(start_alerter: StartAlerter, tmp_path: Path) -> None:
    path = tmp_path / "no.pem"
    with start_alerter(alerter_mqtt_url="mqtts://host", alerter_mqtt_ca_path=str(path)) as alerter:
        assert alerter.wait_for_exit() == 78
        assert f"TEARS_ALERTER_MQTT_CA_PATH is {path}" in alerter.log()


@pytest.mark.usefixtures("redis_client")
def test_an_authority_that_is_gone_or_a_pipe_at_a_later_start_is_known_from_its_copy(
    start_alerter: StartAlerter, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "home")
    ca_path = tmp_path / "home.pem"
    ca_path.write_text(authority.root)
    with Mosquitto(certificate=authority.sign("localhost")) as broker:
        settings = {"alerter_mqtt_url": f"mqtts://localhost:{broker.port}", "alerter_mqtt_ca_path": str(ca_path)}
        for k in range(3):
            if k == 1:
                ca_path.unlink()
            if k == 2:
                os.mkfifo(ca_path)
            with start_alerter(**settings) as alerter:
                wait_until(lambda alerter=alerter: alerter.metric("tears_alerter_mqtt_connected") == 1.0)  # type: ignore[misc]
                alerter.terminate()
                assert alerter.wait_for_exit() == 0
                assert ("the copy of the last good one is used" in alerter.log()) == (k > 0)
