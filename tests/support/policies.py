"""A policy for tests: round numbers of its own, so that what is shipped may follow the model."""

from __future__ import annotations

import dataclasses

from tears.policy.parameters import Policy

POLICY = Policy(
    open_threshold=0.6,
    close_threshold=0.35,
    level_floor_dbfs=-60.0,
    evidence_seconds=2.0,
    span_seconds=3.0,
    quiet_seconds=8.0,
    refractory_seconds=10.0,
    unheard_seconds=15.0,
)


def policy_settings() -> dict[str, str]:
    """The same for an alerter process: its environment variables."""
    return {f"TEARS_ALERTER_{name.upper()}": str(value) for name, value in dataclasses.asdict(POLICY).items()}
