"""An alerter that is killed at a step of its round."""

from collections.abc import Callable
from typing import Any

import pytest


class Killed(BaseException):
    """The end of the process at a step."""


def kill_at(monkeypatch: pytest.MonkeyPatch, owner: type, step: str, *, after: bool) -> None:
    """End the process at the first call of a step, before it or after it."""
    real: Callable[..., Any] = getattr(owner, step)

    def killed(*args: Any, **named: Any) -> Any:
        if after:
            real(*args, **named)
        raise Killed

    monkeypatch.setattr(owner, step, killed)
