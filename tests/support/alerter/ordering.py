"""Windows for the alerter's order, and its steps in brief."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.window_order import DetectionOutcome, OrderedStep, OrderState, SessionEnded, WindowOrder

LATENESS_SECONDS = 45.0


def window(index: int, session: str = "s1", hop_seconds: float = 1.0) -> ReceivedDetection:
    """Return the detection of one window."""
    return ReceivedDetection(
        mic="nursery",
        session=session,
        index=index,
        end_seconds=5.0 + index * hop_seconds,
        captured_at_seconds=0.0,
        level_dbfs=-30.0,
        score=0.5,
    )


def end_of(session: str, windows: int) -> ReceivedDetection:
    """Return the announcement that a session has this many windows."""
    return replace(window(windows, session), ends_session=True)


def push(order: WindowOrder, detection: ReceivedDetection, now: float = 0.0) -> tuple[DetectionOutcome, list[str]]:
    """Push a detection that arrives now; return what was done with it and, in brief, what is passed on."""
    outcome, steps = order.push(replace(detection, arrived_at_seconds=now))
    return outcome, brief(steps)


def push_all(order: WindowOrder, detections: Iterable[ReceivedDetection], now: float = 0.0) -> list[OrderedStep]:
    """Push detections that arrive now; return what is passed on."""
    return [step for one in detections for step in order.push(replace(one, arrived_at_seconds=now))[1]]


def brief(steps: Iterable[OrderedStep]) -> list[str]:
    """Write `s1/3`, `s1/3+2` after two missing windows, `s1.` for an end, `s1?` for an end that was not announced."""
    found = []
    for step in steps:
        if isinstance(step, SessionEnded):
            text, missing = f"{step.session}{'.' if step.is_complete else '?'}", step.missing
        else:
            text, missing = f"{step.session}/{step.index}", step.missing_before
        found.append(f"{text}+{missing}" if missing else text)
    return found


def restarted(order: WindowOrder, held: dict[tuple[str, int], ReceivedDetection], now: float = 0.0) -> WindowOrder:
    """Return the order as a new process finds it; `held` stands for the table."""
    unsaved, released = order.held.take_changes()
    for key in released:
        del held[key]
    held.update({(one.session, one.index): one for one in unsaved})
    state = msgspec.json.decode(msgspec.json.encode(order.state()), type=OrderState)
    return WindowOrder(LATENESS_SECONDS, now, state, held.values())
