"""The probes of the server: alive while it looks for new versions, ready while every model answers."""

from typing import Final

from tears.kit.clock import Clock
from tears.kit.health import Health, ProbeVerdict
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model

# Longer than any model takes to load: meanwhile nothing looks for versions.
POLLING_STALLED_AFTER_SECONDS: Final = 600.0


class Probes:
    """The verdicts on a catalog. Thread-safe."""

    def __init__(self, catalog: Catalog, clock: Clock, *, interval_seconds: float) -> None:
        """Start alive; the server looks for versions once every interval."""
        self._catalog = catalog
        self._health = Health(clock, stalled_after_seconds=POLLING_STALLED_AFTER_SECONDS + interval_seconds)
        catalog.subscribe(self._health.beat)

    def alive(self) -> ProbeVerdict:
        """Return the verdict for `/healthz`."""
        return self._health.alive()

    def ready(self) -> ProbeVerdict:
        """Return the verdict for `/readyz`."""
        models = self._catalog.models
        if not models:  # as the gRPC health service says
            return ProbeVerdict(good=False, reason="no model is configured")
        faults = [_fault(model) for model in models if not model.is_available]
        return ProbeVerdict(good=not faults, reason="; ".join(faults) or "ok")


def _fault(model: Model) -> str:
    """Return why a model does not answer."""
    statuses = model.statuses()
    if not statuses:
        return f"model {model.name}: {model.problem or 'no version is loaded yet'}"
    newest = statuses[0]
    return f"model {model.name}: version {newest.number} is {newest.state.name}: {newest.message}"
