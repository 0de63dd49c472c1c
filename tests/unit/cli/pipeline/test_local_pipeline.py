"""The warnings of the pipeline's processes, and their end."""

from typing import cast

import redis

from tears.cli.pipeline.child_process import ChildProcess
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.stop_signals import Hurry


class AlertingProcess:
    """Stands in for a process that logs the same two lines each time it is asked."""

    name = "alerter"

    def new_warnings(self) -> list[str]:
        return [
            "nursery: crying (848c6c82-86cc-5a40-b7d8-31c8c8719381)",
            "nursery: crying (38657ac7-3cdf-50b4-a224-5f40a63c7d02)",
        ]


class StoppedProcess:
    """Stands in for a process that has ended."""

    def ask_to_stop(self) -> None:
        """Do nothing."""

    def stop(self, timeout_seconds: float, hurry: Hurry | None = None) -> None:
        """Do nothing."""


class FrozenRedis:
    """Stands in for a client of a Redis that does not answer."""

    def __init__(self) -> None:
        self.waited = 0

    def client_list(self) -> None:
        self.waited += 1
        raise redis.TimeoutError

    def close(self) -> None:
        """Do nothing."""


def test_in_a_hurry_nothing_waits_for_redis() -> None:
    pipeline = LocalPipeline(PipelinePlan())
    pipeline._redis_child = cast("ChildProcess", StoppedProcess())
    pipeline.children = [cast("ChildProcess", StoppedProcess())]
    client = FrozenRedis()
    pipeline._client = cast("redis.Redis", client)
    pipeline.close(Hurry(is_asked=True))
    assert client.waited == 0


def test_each_warning_is_returned_once_and_without_the_id_of_an_episode() -> None:
    pipeline = LocalPipeline(PipelinePlan())
    pipeline.children = [cast("ChildProcess", AlertingProcess())]
    assert pipeline.new_warnings() == ["alerter: nursery: crying"] * 2
    assert pipeline.new_warnings() == []
    pipeline.children = []
    pipeline.close(Hurry(is_asked=False))
