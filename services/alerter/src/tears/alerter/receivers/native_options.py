"""What a service needs to treat a notice as urgently as it is, in the words of Apprise's URLs. No I/O."""

from urllib.parse import parse_qsl, urlsplit

from tears.alerter.notices.kinds import PRIORITIES, Priority
from tears.alerter.notices.notice import BRINGS, RINGS, Notice

# Pushover repeats an emergency by itself until somebody taps on it. These are its own bounds.
LEAST_PUSHOVER_REPEAT_SECONDS = 30
MOST_PUSHOVER_SECONDS = 10_800
_PUSHOVER = "pover"

# By the service, what an urgent notice and one that should wake nobody are given; what is between gets nothing.
_OPTIONS_BY_SERVICE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "bark": ({"level": "critical"}, {"level": "passive"}),
    "gotify": ({"priority": "emergency"}, {"priority": "low"}),
    "join": ({"priority": "emergency"}, {"priority": "moderate"}),
    "lametric": ({"priority": "critical"}, {"priority": "info"}),
    "nctalk": ({}, {"silent": "yes"}),
    "ntfy": ({"priority": "max"}, {"priority": "low"}),
    "opsgenie": ({"priority": "emergency"}, {"priority": "low"}),
    "pagerduty": ({"severity": "critical"}, {"severity": "info"}),
    _PUSHOVER: ({"priority": "high"}, {"priority": "moderate"}),
    "prowl": ({"priority": "emergency"}, {"priority": "moderate"}),
    "psafer": ({"priority": "2"}, {"priority": "-1"}),
    "tgram": ({}, {"silent": "yes"}),
}


def repeats_itself(url: str) -> bool:
    """Return whether the service tells again by itself until somebody reacts, if it is asked to."""
    asked = _asked(url)
    return _service(url) == _PUSHOVER and asked.get("priority", "emergency").lower()[:1] in {"e", "2"}


def native_options(
    url: str,
    notice: Notice,
    *,
    repeat_seconds: float = 0.0,
    repeat_most: int = 0,
    journal_url: str = "",
    acknowledge_url: str = "",
    acknowledge_word: str = "",
) -> dict[str, str]:
    """Return what to add to the URL for this notice. What the URL sets itself stays as it is.

    Args:
        url: of the receiver.
        notice: what is told.
        repeat_seconds: how often a service that repeats by itself is to do so; 0 if it is not to.
        repeat_most: how often at most.
        journal_url: the page of the house's journal to which a tap leads; empty if there is none.
        acknowledge_url: where a POST acknowledges the notice; empty if there is nothing to acknowledge.
        acknowledge_word: what the button for that says: one word without accents, because it travels in a header.
    """
    service = _service(url)
    urgent, low = _OPTIONS_BY_SERVICE.get(service, ({}, {}))
    # The text before a file has woken everybody who had to be woken.
    priority = Priority.LOW if BRINGS in notice.facts else PRIORITIES[notice.kind]
    if RINGS in notice.facts:
        priority = Priority.URGENT
    options = dict({Priority.URGENT: urgent, Priority.LOW: low}.get(priority, {}))
    if priority is Priority.URGENT and repeat_seconds and repeats_itself(url):
        interval = max(LEAST_PUSHOVER_REPEAT_SECONDS, round(repeat_seconds))
        expire = min(MOST_PUSHOVER_SECONDS, interval * repeat_most)
        options = {"priority": "emergency", "interval": str(interval), "expire": str(expire)}
    if journal_url and service == "ntfy":
        options["click"] = journal_url
    if acknowledge_url and service == "ntfy" and BRINGS not in notice.facts:
        options["actions"] = f"http,{acknowledge_word},{acknowledge_url},method=POST,clear=true"
    if journal_url and service == _PUSHOVER:
        options["url"] = journal_url
    asked = _asked(url)
    return {name: value for name, value in options.items() if name not in asked}


def _service(url: str) -> str:
    """Return the name of the service, without the letter that stands for a secure connection."""
    name = url.partition(":")[0].lower()
    return name if name in _OPTIONS_BY_SERVICE else name.removesuffix("s")


def _asked(url: str) -> dict[str, str]:
    return {name.strip().lower(): value for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
