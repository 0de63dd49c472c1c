"""What the rules of the receivers say, in words. No URL is shown."""

from collections.abc import Iterator

from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.coverage import coverage_warnings
from tears.alerter.receivers.rules.receiver_rule import ReceiverRule
from tears.kit.registry.mic_names import room_of_mic


def summary_lines(receivers: ReceiverSet) -> Iterator[str]:
    """Yield a line for each receiver, and a warning for each room and time in which nobody would be alerted."""
    for rule in receivers.rules.receivers:
        services = ", ".join(service.description for service in receivers.services[rule.name])
        yield f"{rule.name}: {services}; {'; '.join(_rule_words(rule))}"
    for warning in coverage_warnings(receivers.rules):
        yield f"warning: {warning}"


def _rule_words(rule: ReceiverRule) -> Iterator[str]:
    yield ", ".join(kind.value for kind in rule.kinds)
    yield f"rooms: {', '.join(map(room_of_mic, rule.rooms))}" if rule.rooms else "all rooms"
    yield f"at {', '.join(map(str, rule.hours))}" if rule.hours else "at all hours"
    if rule.after_seconds:
        yield f"after {rule.after_seconds:g} s"
    if rule.repeat_seconds:
        yield f"again every {rule.repeat_seconds:g} s, {rule.repeat_most} times at most"
    if rule.escalate_to:
        yield f"then {rule.escalate_to} after {rule.escalate_after_seconds:g} s"
