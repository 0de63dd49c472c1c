"""Lengths of time as people write them. No I/O."""

import re

_DURATION = re.compile(r"(?=[0-9])(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m(?:in)?)?\Z")
_SECONDS_PER_HOUR, _SECONDS_PER_MINUTE = 3_600, 60


def read_duration_seconds(text: str) -> float:
    """Return the seconds of `30m`, `2h` or `1h30m`; raise ValueError, with the reason, for anything else."""
    found = _DURATION.match(text.strip().lower().replace(" ", ""))
    if found is None:
        raise ValueError(f"{text!r} is not a length of time such as 30m, 2h or 1h30m")
    hours, minutes = (int(part or 0) for part in found.groups())
    return float(hours * _SECONDS_PER_HOUR + minutes * _SECONDS_PER_MINUTE)
