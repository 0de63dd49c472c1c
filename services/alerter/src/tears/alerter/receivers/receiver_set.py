"""All receivers: what each of them wants, and the services behind their URLs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tears.alerter.notices.journal_links import journal_page
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.receivers import NOTIFY_VARIABLE, AppriseReceiver
from tears.alerter.notices.wording import DEFAULT_LANGUAGE
from tears.alerter.notices.wording.button_words import acknowledge_word
from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.native_options import native_options, repeats_itself
from tears.alerter.receivers.rules.alerts_file import parse_alerts_of, read_alerts_text
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule, rules_of_urls
from tears.kit.access.acknowledge_links import ACKNOWLEDGE_LINK_SECONDS, AcknowledgeLink, acknowledge_token
from tears.kit.access.link_key import LinkKey
from tears.kit.clock import Clock
from tears.kit.registry.room_names import RoomNames

_ACKNOWLEDGED = frozenset({NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.NOT_LISTENING})


@dataclass(frozen=True)
class ReceiverSet:
    """The rules, and the services by the name of the receiver."""

    rules: AlertsFile
    services: Mapping[str, tuple[AppriseReceiver, ...]]

    @property
    def all_services(self) -> list[AppriseReceiver]:
        """Every service once."""
        return [one for services in self.services.values() for one in services]

    @property
    def addressees(self) -> Addressees:
        """Who is told under which name in the outbox."""
        return Addressees(
            rules=self.rules,
            targets={name: [one.target for one in services] for name, services in self.services.items()},
            repeat_targets={
                rule.name: [
                    one.target
                    for url, one in zip(rule.urls, self.services[rule.name], strict=True)
                    if not repeats_itself(url)
                ]
                for rule in self.rules.receivers
            },
        )


@dataclass(frozen=True, kw_only=True)
class HouseWords:
    """What the words for every receiver depend on: the language of the house, and where its journal is.

    Attributes:
        link_key: the key of the links by which an alert is acknowledged in the journal.
        room_names: what parents call the rooms.
    """

    clock: Clock
    language: str = DEFAULT_LANGUAGE
    journal_url: str = ""
    link_key: LinkKey = field(default_factory=LinkKey)
    room_names: RoomNames = field(default_factory=RoomNames)

    def acknowledge_url(self, notice: Notice) -> str:
        """Return a link that acknowledges a notice; empty if there is no journal, or nothing to acknowledge."""
        if not self.journal_url or not self.link_key.value or not notice.mic or notice.kind not in _ACKNOWLEDGED:
            return ""
        link = AcknowledgeLink(notice.mic, str(notice.facts.get("episode_id", "")))
        ends_at = self.clock.wall_seconds() + ACKNOWLEDGE_LINK_SECONDS
        return f"{self.journal_url.rstrip('/')}/acknowledge/{acknowledge_token(self.link_key.value, link, ends_at)}"


def receivers_of_file(path: Path, words: HouseWords) -> ReceiverSet:
    """Return the receivers in an `alerts.toml`; raise AlertsFileError or NotifyError if one cannot be used."""
    return receivers_of_text(read_alerts_text(path), path, words)


def receivers_of_text(text: str, path: Path, words: HouseWords, *, is_lenient: bool = False) -> ReceiverSet:
    """Return the receivers in the text of the `alerts.toml` at `path`; raise as `receivers_of_file` does.

    With `is_lenient`, faults that keep only one receiver from its notices are logged, and not raised.
    """
    rules = parse_alerts_of(text, path, is_lenient=is_lenient)
    services = {
        rule.name: tuple(
            _service(url, number, f"receiver {rule.name!r}", rule, words, rule.name, is_lenient=is_lenient)
            for number, url in enumerate(rule.urls, 1)
        )
        for rule in rules.receivers
    }
    return ReceiverSet(rules, services)


def receivers_of_urls(
    urls: tuple[str, ...], words: HouseWords, *, wants_clip: bool = False, is_lenient: bool = False
) -> ReceiverSet:
    """Return the receivers that `TEARS_ALERTER_NOTIFY` names; raise NotifyError if one cannot be used."""
    rules = rules_of_urls(urls, clip=wants_clip)
    services = {
        rule.name: tuple(
            _service(url, urls.index(url) + 1, NOTIFY_VARIABLE, rule, words, is_lenient=is_lenient) for url in rule.urls
        )
        for rule in rules.receivers
    }
    return ReceiverSet(rules, services)


def _service(
    url: str, number: int, place: str, rule: ReceiverRule, words: HouseWords, name: str = "", *, is_lenient: bool
) -> AppriseReceiver:
    language = rule.language or words.language

    def options(notice: Notice) -> dict[str, str]:
        return native_options(
            url,
            notice,
            repeat_seconds=rule.repeat_seconds,
            repeat_most=rule.repeat_most,
            journal_url=journal_page(words.journal_url, notice),
            acknowledge_url=words.acknowledge_url(notice),
            acknowledge_word=acknowledge_word(language),
        )

    return AppriseReceiver(
        url,
        number,
        place=place,
        options=options,
        language=language,
        journal_url=words.journal_url,
        name_of=words.room_names.of,
        clock=words.clock,
        wants_clip=rule.clip,
        name=name,
        is_lenient=is_lenient,
    )
