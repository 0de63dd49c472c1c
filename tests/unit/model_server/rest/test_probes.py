"""The verdicts of the probes."""

from tears.kit.clock import SystemClock
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.rest.probes import Probes


def test_a_server_without_models_is_alive_and_not_ready() -> None:
    probes = Probes(Catalog(), SystemClock(), interval_seconds=1.0)

    assert probes.alive().good
    assert not probes.ready().good
    assert probes.ready().reason == "no model is configured"
