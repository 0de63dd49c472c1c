"""The receivers of notices. Apprise speaks to the services behind them."""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlencode, urlsplit

from tears.alerter.errors import HungUpError, NotifyError, UnansweredError
from tears.alerter.notices.handover.apprise_files import file_types, files_in_memory
from tears.alerter.notices.handover.failures import AttemptFailure, judge_failure
from tears.alerter.notices.kinds import APPRISE_TYPES
from tears.alerter.notices.notice import Attachment, Notice
from tears.alerter.notices.wording import DEFAULT_LANGUAGE, words_of
from tears.kit.clock import Clock, SystemClock
from tears.kit.registry.mic_names import room_of_mic

logger = logging.getLogger(__name__)

# Some services answer only after they have passed the notice on. Apprise's own 4 s would send it to them again.
READ_TIMEOUT_SECONDS = 30.0
CONNECT_TIMEOUT_SECONDS = 10.0
# These libraries log URLs, and with them passwords and tokens.
_LOGGERS_THAT_SHOW_URLS = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib", "paho")
# Fields by which a service knows that it has an alert already.
_REPEAT_FIELDS = ("dedup", "alias")
# The lists in which Apprise keeps whom a URL names.
_LISTS_OF_TARGETS = ("targets", "topics", "devices", "groups", "channels", "channel_ids", "users", "phone", "phones")
# The name in Apprise of a service that finds out itself who is on call.
_CHOOSES_PEOPLE = frozenset({"GoAlert"})
NOTIFY_VARIABLE = "TEARS_ALERTER_NOTIFY"
# The options of a URL for how long a connection and an answer may take.
_TIMEOUTS = ("cto", "rto")
_HIGHEST_PORT = 65_535
_ID_HEADER = "Idempotency-Key"
_QOS_WITH_ANSWER = 1


class Receiver(Protocol):
    """One receiver of notices."""

    @property
    def target(self) -> str:
        """The receiver's name in the outbox; does not reveal its URL."""

    @property
    def description(self) -> str:
        """The receiver's name in logs; does not reveal its URL either."""

    def hand_over(self, notice: Notice) -> bool:
        """Return whether the receiver has accepted the notice. Blocks until it has answered, some seconds at most.

        Raises:
            UnansweredError: no answer has come, so the receiver may have the notice or not.
            HungUpError: the same, but the connection was closed at once, so most likely it does not have the notice.
        """


@runtime_checkable
class ReceiverWithName(Protocol):
    """A receiver that parents have given a name.

    Attributes:
        name: what a parent's page calls it; does not reveal its URL.
    """

    name: str


@runtime_checkable
class FileReceiver(Receiver, Protocol):
    """A receiver that may get files with a message.

    Attributes:
        wants_clip: whether the parent wants the sound of the crying there.
    """

    wants_clip: bool

    def takes(self, mime_type: str) -> bool:
        """Return whether it passes files of this kind on to the parent."""

    def hand_over(self, notice: Notice, attachments: Sequence[Attachment] = ()) -> bool:
        """Return whether the receiver has accepted the message, as `Receiver.hand_over` does.

        A message with attachments may be handed over while another thread hands over one without.
        """


class AppriseReceiver:
    """The receiver behind one Apprise URL."""

    def __init__(
        self,
        url: str,
        number: int,
        *,
        place: str = NOTIFY_VARIABLE,
        options: Callable[[Notice], Mapping[str, str]] = lambda _: MappingProxyType({}),
        language: str = DEFAULT_LANGUAGE,
        journal_url: str = "",
        name_of: Callable[[str], str] = room_of_mic,
        clock: Clock | None = None,
        wants_clip: bool = False,
        name: str = "",
        is_lenient: bool = False,
    ) -> None:
        """Parse the URL, which is the configured one of this number, counted from 1, in this place; do not connect.

        `options` says what to add to the query of the URL for a notice, such as its priority.
        `name` is what parents call it; without one they see the kind of the service.
        The words are made in this language, with a link to the journal if there is one, at the time of `clock`;
        `name_of` returns the name of a microphone's room for people.

        With `is_lenient`, a URL that earlier releases took is taken, although nothing can arrive through it; the log
        says so.

        Raises:
            NotifyError: Apprise does not know such a URL, or it names several receivers or nobody. The text gives the
                number and never the URL.
        """
        self.target = hashlib.sha256(url.encode()).hexdigest()[:32]
        self.description = f"{url.partition(':')[0].lower()} (URL {number} of {place})"
        self.name = name or url.partition(":")[0].lower()
        self._url = url
        self._options = options
        self._clock = clock or SystemClock()
        self._language = language
        self._journal_url = journal_url
        self._name_of = name_of
        self.wants_clip = wants_clip
        silence_loggers_that_show_urls()
        services = self._new_apprise()
        self._services: Any = None
        self._services_options: Mapping[str, str] = {}
        if not services:
            raise NotifyError(
                f"URL {number} of {place} is not one that Apprise knows; choose one from "
                "https://appriseit.com/services/, and write special characters of a password in percent encoding"
            )
        if (count := sum(len(service) for service in services)) > 1:
            # Apprise reports one result for all of them. If one refused, the others would get the notice again.
            raise NotifyError(
                f"URL {number} of {place} names {count} receivers; give each its own URL, separated by white space"
            )
        (service,) = services
        self._file_types = file_types(service)
        fault = fault_of_service(service, url)
        if not fault and names_nobody(service, url):
            fault = (
                "names nobody who gets the notices, such as a topic, a number or an address; "
                "its page in https://appriseit.com/services/ says how"
            )
        if fault and (not is_lenient or names_nobody(service)):
            raise NotifyError(f"URL {number} of {place} {fault}")
        if fault:
            logger.error("URL %d of %s %s; the other receivers are notified", number, place, fault)

    def takes(self, mime_type: str) -> bool:
        """Return whether the service passes files of this kind on to the parent."""
        return mime_type.startswith(self._file_types)

    def hand_over(self, notice: Notice, attachments: Sequence[Attachment] = ()) -> bool:
        """Send the notice and return whether the service has accepted it; raise UnansweredError if that is unknown."""
        options = self._options(notice)
        # Attachments come from a thread of their own, so they never use the service that the texts use.
        is_text = not attachments
        services = self._services if is_text and options == self._services_options else None
        services = services or self._new_apprise(options)
        (service,) = services
        give_id(service, notice.key, self._url)
        begun_at_seconds = time.monotonic()
        # The log says why an attempt has failed. It may hold the URL, so it is never shown.
        words = words_of(notice, self._language, self._clock.wall_seconds(), self._journal_url, self._name_of)
        with files_in_memory(attachments) as files:
            result = services.notify(
                body=words.body,
                title=words.title,
                notify_type=APPRISE_TYPES[notice.kind],
                attach=files or None,
                log_level=logging.DEBUG,
            )
        is_taken, texts = bool(result), [str(entry.message) for entry in result.logs()]
        took_seconds = time.monotonic() - begun_at_seconds
        # A failed attempt leaves some services unusable: Apprise's MQTT client never connects again. And a connection
        # that stays open between notices may be dead when the next one comes.
        if is_text:
            self._services = services if is_taken and not hasattr(service, "client") else None
            self._services_options = options
        if is_taken:
            return True
        failure = judge_failure(texts, took_seconds, service.socket_read_timeout)
        if failure is AttemptFailure.HUNG_UP:
            raise HungUpError(f"{self.description} has closed the connection at once")
        if failure is AttemptFailure.UNANSWERED:
            raise UnansweredError(f"{self.description} has not answered")
        return False

    def _new_apprise(self, options: Mapping[str, str] = MappingProxyType({})) -> Any:
        # Apprise takes 20 MiB, which an alerter without receivers need not spend.
        import apprise  # noqa: PLC0415 - see above

        from tears.alerter.notices.handover.bounded_answers import bound_answers  # noqa: PLC0415 - as Apprise

        bound_answers()

        # It keeps its storage in memory, because the alerter writes nothing but its state file. It names no icons,
        # because phones would fetch them from GitHub, also for a house with a server of its own. It sends in the thread
        # that calls it: with a time limit of its own, it would share a few threads between all receivers, and a few
        # that hang would keep the others waiting, and the process from ending.
        asset = apprise.AppriseAsset(
            storage_mode="memory", image_url_mask="", image_url_logo="", async_mode=False, service_timeout=0
        )
        made: Any = apprise.Apprise(asset=asset)
        made.add(with_options(self._url, options))
        for service in made:
            fit_to_service(service, self._url)
        return made


def fit_to_service(service: Any, url: str) -> None:
    """Set what Apprise does not: the time that an answer may take, and an answer where there would be none."""
    asked = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if "rto" not in asked:
        service.socket_read_timeout = READ_TIMEOUT_SECONDS
    if "cto" not in asked:
        service.socket_connect_timeout = CONNECT_TIMEOUT_SECONDS
    if hasattr(service, "qos") and "qos" not in asked:
        # With 0, a broker that refuses the notice would count as having taken it.
        service.qos = _QOS_WITH_ANSWER


def with_options(url: str, options: Mapping[str, str]) -> str:
    """Return the URL with options added to its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(options)}" if options else url


def fault_of_service(service: Any, url: str) -> str:
    """Return why a service can never be reached, although Apprise takes its URL; empty if it may be."""
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name in _TIMEOUTS and not _is_time(value):
            return f"has a {name} that is no number of seconds above 0; correct it, or leave it out"
    if service.port is not None and not 0 < service.port <= _HIGHEST_PORT:
        return f"has the port {service.port}, and ports go from 1 to {_HIGHEST_PORT}; correct it, or leave it out"
    return ""


def _is_time(text: str) -> bool:
    try:
        return 0.0 < float(text) < math.inf
    except ValueError:
        return False


def names_nobody(service: Any, url: str = "") -> bool:
    """Return whether a service would send nothing, because its URL lacks a topic, a number or an address.

    Apprise takes such a URL, and refuses each notice later. It keeps whom the URL names in lists. A service whose URL
    may name nobody, such as Telegram's, finds out whom it should send to, unless what it names is wrong. E-mail keeps
    no list of wrong names, and sends to its own user if no `to=` names anybody.
    """
    names_people = all("target" in template or "topic" in template for template in service.templates)
    needs_somebody = names_people and service.service_name not in _CHOOSES_PEOPLE
    has_wrong_names = bool(
        getattr(service, "invalid_targets", None)
        or getattr(service, "_invalid_targets", None)
        or any(name == "to" for name, _ in parse_qsl(urlsplit(url).query))
    )
    lists = [
        value for name in _LISTS_OF_TARGETS if isinstance(value := getattr(service, name, None), list | set | dict)
    ]
    return (needs_somebody or has_wrong_names) and bool(lists) and not any(lists)


def give_id(service: Any, key: str, url: str) -> None:
    """Send the notice's id along where the service can recognise a repeat by it, unless the URL sets that itself."""
    # A header of one's own has a + before its name, which is decoded as a space.
    asked = {name.strip(" +").lower() for name, _ in parse_qsl(urlsplit(url).query)}
    for name in _REPEAT_FIELDS:
        if hasattr(service, name) and name not in asked:
            setattr(service, name, key)
    headers = getattr(service, "headers", None)
    if isinstance(headers, dict) and _ID_HEADER.lower() not in asked:
        headers[_ID_HEADER] = key


def silence_loggers_that_show_urls() -> None:
    """Keep URLs, which may hold secrets, out of the logs."""
    for name in _LOGGERS_THAT_SHOW_URLS:
        library_logger = logging.getLogger(name)
        library_logger.setLevel(logging.CRITICAL + 1)
        library_logger.propagate = False
    apprise_logger = logging.getLogger("apprise")
    apprise_logger.setLevel(logging.DEBUG)
    apprise_logger.handlers = [logging.NullHandler()]
