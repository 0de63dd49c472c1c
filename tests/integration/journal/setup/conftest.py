"""The pages of a house with one microphone, an alerter, and a phone that takes alerts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from support.journal.served_pages import ServedPages
from support.journal.set_up_house import SetUpHouse
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess


@pytest.fixture
def house(redis_client: redis.Redis, tmp_path: Path) -> SetUpHouse:
    return SetUpHouse(redis_client, tmp_path)


@pytest.fixture
def pages(house: SetUpHouse) -> Iterator[ServedPages]:
    with ServedPages(house.parts) as served:
        yield served


@pytest.fixture
def receiver() -> Iterator[NoticeReceiver]:
    with NoticeReceiver() as one:
        yield one


@pytest.fixture
def alerter(house: SetUpHouse, redis_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    environ = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_ALERTER_STATE_PATH": str(tmp_path / "state" / "alerter.sqlite"),
        "TEARS_ALERTER_PROBE_PORT": "0",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
        "TEARS_ALERTER_RULES": str(house.alerts_path),
        "TEARS_JOURNAL_URL": "http://pi.local:8080",
    }
    with ServiceProcess("tears.alerter", environ, tmp_path / "alerter.log") as process:
        # A page waits for its answer, but not for its start on a busy machine.
        process.wait_for_log("does not exist yet")
        yield process
