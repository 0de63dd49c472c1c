"""Puts the proof of listening together, from the settings."""

import logging
from collections.abc import Callable, Sequence

import redis

from tears.alerter.errors import SelfTestSoundError
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.proof.heartbeat import Heartbeat
from tears.alerter.proof.listening_proof import ListeningProof, ReceiverReach
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.alerter.proof.receiver_reach import receiver_reach
from tears.alerter.proof.self_test import SelfTest
from tears.alerter.proof.self_test_rule import SelfTestRule
from tears.alerter.proof.self_test_sound import SelfTestSound
from tears.alerter.proof.self_test_stream import SelfTestStream
from tears.alerter.settings import AlerterSettings
from tears.kit.clock import wall_clock_fault
from tears.kit.service import Service

logger = logging.getLogger(__name__)


def listening_proof(
    service: Service[AlerterSettings],
    client: redis.Redis,
    outbox: Outbox,
    deliveries: Sequence[DeliveryThread],
    alerts_fault: Callable[[], str],
) -> ListeningProof:
    """Return what the settings ask for; `deliveries` may change meanwhile, and so may the fault of the receivers' file.

    A self-test without its sound is left out with a warning: no alert depends on it.
    """
    settings, clock = service.settings, service.clock
    metrics = ProofMetrics()
    for variable in settings.unreachable_variables:
        fault = "this URL can never be reached, so it is left out: it needs a host, and a port may be 65535 at most"
        logger.error("%s: %s", variable, fault)
        service.health.failed(variable, fault)

    def ask_reach() -> ReceiverReach:
        names = {one.target: one.description for one in deliveries if not one.is_leaving}
        with outbox.turns.turn():
            return receiver_reach(outbox.connection, names)

    return ListeningProof(
        metrics=metrics,
        health=service.health,
        self_test=_self_test(service, client, metrics),
        heartbeat=Heartbeat(settings.heartbeat_url, metrics, clock) if settings.heartbeat_url else None,
        clock_fault=wall_clock_fault,
        alerts_fault=alerts_fault,
        unreachable_variables=settings.unreachable_variables,
        ask_reach=ask_reach,
    )


def _self_test(service: Service[AlerterSettings], client: redis.Redis, metrics: ProofMetrics) -> SelfTest | None:
    settings, clock = service.settings, service.clock
    if not settings.selftest_seconds:
        return None
    try:
        sound = SelfTestSound.load()
    except SelfTestSoundError as error:
        logger.warning("there is no self-test: %s", error)
        return None
    return SelfTest(
        rule=SelfTestRule(settings.selftest_seconds, clock.monotonic_seconds()),
        sound=sound,
        stream=SelfTestStream(client),
        policy=settings.alert_rules.policy,
        metrics=metrics,
        clock=clock,
    )
