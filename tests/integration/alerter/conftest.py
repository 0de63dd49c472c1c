"""A receiver of notices, the alerter as a process, and the alerter round by round."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns
from support.network.receivers import NoticeReceiver
from support.policies import policy_settings
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer

StartAlerter = Callable[..., ServiceProcess]


@pytest.fixture
def receiver() -> Iterator[NoticeReceiver]:
    with NoticeReceiver() as one:
        yield one


@pytest.fixture
def start_alerter(tmp_path: Path, redis_url: str) -> Iterator[StartAlerter]:
    """Start `python -m tears.alerter` on the test's own state file; settings override the defaults of the tests."""
    started: list[ServiceProcess] = []

    def start(**settings: str) -> ServiceProcess:
        environ = {
            **policy_settings(),
            "TEARS_REDIS_URL": redis_url,
            "TEARS_ALERTER_STATE_PATH": str(tmp_path / "alerter.sqlite"),
            "TEARS_ALERTER_PROBE_PORT": "0",
            # There is no other stage in most tests.
            "TEARS_ALERTER_SELFTEST_SECONDS": "0",
            # On a busy machine a test may take longer than the minute after which nobody listens.
            "TEARS_ALERTER_DEAF_SECONDS": "inf",
            **{f"TEARS_{name.upper()}": value for name, value in settings.items()},
        }
        process = ServiceProcess("tears.alerter", environ, tmp_path / f"alerter{len(started)}.log")
        started.append(process)
        return process

    yield start
    for process in started:
        if process.is_running:
            process.kill()


@pytest.fixture
def runs(redis_client: redis.Redis, tmp_path: Path) -> Iterator[AlerterRuns]:
    made = AlerterRuns(redis_client, tmp_path / "alerter.sqlite")
    yield made
    made.close()


@pytest.fixture
def runs_on_own_redis(redis_server: RedisServer, tmp_path: Path) -> Iterator[AlerterRuns]:
    """Return runs of the alerter on a Redis that the test may stop."""
    made = AlerterRuns(redis_server.client(), tmp_path / "alerter.sqlite")
    yield made
    made.close()
