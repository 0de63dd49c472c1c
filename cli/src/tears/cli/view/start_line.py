"""The line that ends the start: what is listened to, with which model, and who is notified."""

import re
from collections.abc import Mapping, Sequence

from tears.kit.registry.mic_names import room_of_mic
from tears.kit.registry.mic_state import OVER, UNHEARING
from tears.kit.registry.mics import MicRecord

_SERVICE_OF_URL = re.compile(r"(?:^|[\s,\"'])([a-z][a-z0-9+.-]*)s?://", re.IGNORECASE)


def are_all_listening(mics: Sequence[str], records: Mapping[str, MicRecord]) -> bool:
    """Return whether every microphone has begun to listen."""
    return all(_is_listening(records.get(mic)) for mic in mics)


def start_line(mics: Sequence[str], records: Mapping[str, MicRecord], model: str, receivers: str) -> str:
    """Return the line; it also names the rooms that are not listened to."""
    heard = [f"{room_of_mic(mic)} ({_sound(records[mic])})" for mic in mics if _is_listening(records.get(mic))]
    missing = [room_of_mic(mic) for mic in mics if not _is_listening(records.get(mic))]
    words = [f"listening to {', '.join(heard)}"] if heard else []
    words += [f"NOT listening to {', '.join(missing)}"] if missing else []
    return "; ".join([*words, f"model {model}", receivers, "Ctrl-C ends it"])


def receivers_words(notify: str, rules: str = "", *, missing: str = "") -> str:
    """Return who is notified, from TEARS_ALERTER_NOTIFY; of a URL only the service is shown, the rest is secret.

    `rules` is the file of receivers that takes its place, if there is one; `missing` is the file that was named and is
    not there.
    """
    if rules:
        return f"alerts go to the receivers in {rules}"
    services = dict.fromkeys(found.lower() for found in _SERVICE_OF_URL.findall(notify))
    if missing:
        instead = f"alerts go to {', '.join(services)}" if services else "NOBODY IS NOTIFIED"
        return f"{instead}, because {missing} does not exist (TEARS_ALERTER_RULES)"
    if not services:
        return "nobody is notified (set TEARS_ALERTER_NOTIFY)"
    return f"alerts go to {', '.join(services)}"


def _is_listening(record: MicRecord | None) -> bool:
    return record is not None and record.sample_rate_hz > 0 and record.state not in UNHEARING


def _sound(record: MicRecord) -> str:
    if record.state in OVER:
        return f"{record.device}, ended"
    return f"{record.device}, {record.sample_rate_hz} Hz"
