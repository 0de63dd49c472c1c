"""A policy for tests, with round numbers, so that the shipped one can change with the model."""

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
    """Return the same policy as the environment variables of an alerter process."""
    return {f"TEARS_ALERTER_{name.upper()}": str(value) for name, value in dataclasses.asdict(POLICY).items()}
