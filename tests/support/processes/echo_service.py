"""A stage as a process that tests can kill: `python -m support.processes.echo_service`.

It echoes `in` to `out` as consumer `TEARS_HOST`-0. With `TEARS_ECHO_DIES` = `before` or `after` it kills itself right
before or after it finishes an entry whose body is `deadly`.
"""

import os
import signal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta
from support.redis.stages import GROUP, INPUT, OUTPUT, Echo

from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service
from tears.kit.settings import ServiceSettings
from tears.kit.streams.consumer import Consumer
from tears.kit.streams.delivery import Delivery, Outputs, StageConfig
from tears.kit.streams.ledger import Finish, Ledger
from tears.kit.streams.stage_metrics import StageMetrics

DEADLY = b"deadly"


class EchoSettings(ServiceSettings, frozen=True, kw_only=True):
    """Read from `TEARS_ECHO_*`."""

    prefix: ClassVar[str] = "ECHO"

    dies: Literal["never", "before", "after"] = "never"
    delivery_cap: Annotated[int, Meta(ge=1)] = 5


def work(service: Service[EchoSettings]) -> None:
    """Run the stage."""
    settings = service.settings
    genuine_finish = Ledger.finish

    def finish(ledger: Ledger, delivery: Delivery, outputs: Outputs, error: str = "") -> Finish:
        is_deadly = delivery.body == DEADLY and not error
        if is_deadly and settings.dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        how = genuine_finish(ledger, delivery, outputs, error)
        if is_deadly and settings.dies == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return how

    # It dies at exactly the moment that matters.
    Ledger.finish = finish  # type: ignore[method-assign,assignment]
    Consumer(
        client=connect(settings.redis_url),
        config=StageConfig(
            group=GROUP,
            consumer=settings.consumer,
            output=OUTPUT,
            in_flight=3,
            claim_idle_seconds=0.2,
            delivery_cap=settings.delivery_cap,
        ),
        streams=lambda: [INPUT],
        handler=Echo(),
        metrics=StageMetrics("echo"),
        health=service.health,
        clock=service.clock,
        stop=service.stop,
    ).run()


if __name__ == "__main__":
    run_service("echo", EchoSettings, work)
