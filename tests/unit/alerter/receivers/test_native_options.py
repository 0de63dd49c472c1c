"""What each service is given, as Apprise understands it."""

from pathlib import Path
from typing import Any

import pytest

from tears.alerter.errors import NotifyError
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import BRINGS, RINGS, Notice
from tears.alerter.notices.receivers import AppriseReceiver, with_options
from tears.alerter.notices.wording import LANGUAGES
from tears.alerter.notices.wording.button_words import acknowledge_word
from tears.alerter.receivers.native_options import native_options, repeats_itself
from tears.alerter.receivers.receiver_set import HouseWords, receivers_of_file, receivers_of_urls
from tears.kit.access.acknowledge_links import ACKNOWLEDGE_LINK_SECONDS, AcknowledgeLink, read_acknowledge_token
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.network.signed_link import LinkError

# Apprise imports a module that Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TOKEN = "a" * 30
PUSHOVER = f"pover://{'u' * 30}@{TOKEN}"


def service(url: str, kind: NoticeKind, **options: Any) -> Any:
    """Return the service as Apprise makes it for a notice of this kind."""
    receiver = AppriseReceiver(url, 1)
    (made,) = receiver._new_apprise(native_options(url, Notice("k", kind, "nursery"), **options))
    return made


@pytest.mark.parametrize(
    ("url", "attribute", "urgent", "low"),
    [
        ("ntfys://ntfy.sh/topic", "priority", "max", "low"),
        ("gotify://host/token", "priority", 10, 0),
        (PUSHOVER, "priority", 1, -1),
        (f"prowl://{'a' * 40}", "priority", 2, -1),
        ("bark://host/device", "level", "critical", "passive"),
        (f"psafer://{'a' * 20}", "priority", 2, -1),
        ("lametric://" + "a" * 40 + "@127.0.0.1", "priority", "critical", "info"),
        (f"opsgenie://{'a' * 36}", "priority", 5, 1),
        (f"pagerduty://{'a' * 32}@{'b' * 32}", "severity", "critical", "info"),
        (f"join://{'a' * 32}", "priority", 2, -1),
    ],
)
def test_an_urgent_notice_has_the_highest_priority_of_its_service_and_another_wakes_nobody(
    url: str, attribute: str, urgent: object, low: object
) -> None:
    assert getattr(service(url, NoticeKind.NOT_LISTENING), attribute) == urgent
    assert getattr(service(url, NoticeKind.CRYING_ENDED), attribute) == low


@pytest.mark.parametrize("url", ["tgram://123456789:abcdefg_hijklmnop/12315544/", "nctalk://user:pass@host/room"])
def test_a_service_that_can_be_silent_is_so_for_what_should_wake_nobody(url: str) -> None:
    assert service(url, NoticeKind.NIGHT_REPORT).silent
    assert not service(url, NoticeKind.CRYING).silent


def test_pushover_repeats_an_emergency_by_itself_until_somebody_taps_on_it() -> None:
    made = service(PUSHOVER, NoticeKind.CRYING, repeat_seconds=60.0, repeat_most=10)
    assert (made.priority, made.interval, made.expire) == (2, 60, 600)
    made = service(PUSHOVER, NoticeKind.NOT_LISTENING, repeat_seconds=10.0, repeat_most=1_000)
    assert (made.priority, made.interval, made.expire) == (2, 30, 10_800)
    assert service(PUSHOVER, NoticeKind.TEST, repeat_seconds=60.0, repeat_most=10).priority == 0
    assert repeats_itself(PUSHOVER)
    assert not repeats_itself(f"{PUSHOVER}?priority=high")
    assert not repeats_itself("ntfys://ntfy.sh/topic")


def test_what_the_url_sets_itself_stays() -> None:
    assert service("ntfys://ntfy.sh/topic?priority=min", NoticeKind.CRYING).priority == "min"
    made = service(f"{PUSHOVER}?priority=low", NoticeKind.CRYING, repeat_seconds=60.0, repeat_most=10)
    assert made.priority == -2
    assert with_options("json://host?a=b", {"c": "d e"}) == "json://host?a=b&c=d+e"
    assert with_options("json://host", {}) == "json://host"


def test_a_tap_on_the_notice_opens_the_journal() -> None:
    journal = "https://house.example:8080/?room=a&b=c"
    assert service("ntfys://ntfy.sh/topic", NoticeKind.CRYING, journal_url=journal).click == journal
    assert service(PUSHOVER, NoticeKind.CRYING, journal_url=journal).supplemental_url == journal


@pytest.mark.parametrize(
    "url",
    [
        "ntfy://",
        "ntfy://?priority=high",
        "mqtt://127.0.0.1",
        "d7sms://token@",
        f"{PUSHOVER}/not+a+device",
        "signal://127.0.0.1/15551234567/no-number",
        "bark://127.0.0.1",
        "nctalk://user:pass@host",
        "mailto://user:pass@example.org?to=nobody",
    ],
)
def test_a_url_that_apprise_takes_but_that_names_nobody_is_refused(url: str) -> None:
    with pytest.raises(NotifyError, match=r"URL 1 of TEARS_ALERTER_NOTIFY (names nobody|is not one)"):
        receivers_of_urls((url,), HouseWords(clock=SystemClock()))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("json://127.0.0.1:65536/", "has the port 65536, and ports go from 1 to 65535"),
        ("json://127.0.0.1:0/", "has the port 0"),
        ("json://127.0.0.1/?rto=nan", "has a rto that is no number of seconds above 0"),
        ("json://127.0.0.1/?rto=inf", "has a rto"),
        ("json://127.0.0.1/?cto=-1", "has a cto"),
        ("json://127.0.0.1/?cto=", "has a cto"),
    ],
)
def test_a_url_that_can_never_be_reached_is_refused_but_not_after_an_update(
    url: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotifyError, match=f"URL 1 of TEARS_ALERTER_NOTIFY {words}"):
        receivers_of_urls((url,), HouseWords(clock=SystemClock()))
    urls = (url, "json://127.0.0.1/")
    assert len(receivers_of_urls(urls, HouseWords(clock=SystemClock()), is_lenient=True).all_services) == 2
    assert f"URL 1 of TEARS_ALERTER_NOTIFY {words}" in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "json://127.0.0.1:65535/?rto=2.5&cto=1",
        "mailto://user:pass@example.org?to=mum@example.org",
        "hassio://127.0.0.1/token",
        "mailto://user:pass@example.org",
        "tgram://123456789:abcdefg_hijklmnop",
        "mmost://127.0.0.1/token",
        "gotify://127.0.0.1/token",
        PUSHOVER,
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "ntfys://topic",
        "mqtt://127.0.0.1/topic",
    ],
)
def test_a_url_that_needs_no_name_of_a_receiver_is_taken(url: str) -> None:
    assert len(receivers_of_urls((url,), HouseWords(clock=SystemClock())).all_services) == 1


def test_a_fault_in_the_file_names_the_receiver_and_shows_no_url(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text('[[receivers]]\nname = "mum"\nurls = ["json://127.0.0.1/s3cret", "ntfy://?token=s3cret"]')
    with pytest.raises(NotifyError, match="URL 2 of receiver 'mum' names nobody") as error:
        receivers_of_file(path, HouseWords(clock=SystemClock()))
    assert "s3cret" not in str(error.value)
    path.write_text('[[receivers]]\nname = "mum"\nurls = "jsn://127.0.0.1/s3cret"')
    with pytest.raises(NotifyError, match="URL 1 of receiver 'mum' is not one that Apprise knows") as error:
        receivers_of_file(path, HouseWords(clock=SystemClock()))
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("url", ["ntfys://ntfy.sh/topic", PUSHOVER])
def test_a_file_that_follows_an_urgent_text_is_quiet_and_no_second_emergency(url: str) -> None:
    message = Notice("k", NoticeKind.CRYING, "nursery", {BRINGS: "sound"})
    low = native_options(url, Notice("k", NoticeKind.CRYING_ENDED, "nursery"))
    assert native_options(url, message, repeat_seconds=60.0, repeat_most=5) == low
    assert low["priority"] in {"low", "moderate"}


def test_only_who_asks_for_the_sound_gets_it(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(
        '[[receivers]]\nname = "mother"\nurls = "json://127.0.0.1/a"\nclip = true\n'
        '[[receivers]]\nname = "father"\nurls = "json://127.0.0.1/b"\n'
    )
    words = HouseWords(clock=SystemClock())
    assert [one.wants_clip for one in receivers_of_file(file, words).all_services] == [True, False]
    assert not receivers_of_urls(("json://127.0.0.1/a",), words).all_services[0].wants_clip
    assert receivers_of_urls(("json://127.0.0.1/a",), words, wants_clip=True).all_services[0].wants_clip


def test_a_test_that_is_to_ring_is_as_loud_as_an_alert() -> None:
    url = "ntfys://ntfy.sh/topic"
    assert native_options(url, Notice("k", NoticeKind.TEST, facts={RINGS: True})) == {"priority": "max"}
    assert not native_options(url, Notice("k", NoticeKind.TEST))


def house_with_key(journal_url: str = "http://pi:8080/") -> HouseWords:
    words = HouseWords(clock=ManualClock(), journal_url=journal_url)
    words.link_key.value = b"k" * 32
    return words


def options_of(words: HouseWords, notice: Notice, url: str = "ntfys://ntfy.sh/topic") -> Any:
    (receiver,) = receivers_of_urls((url,), words).all_services
    return receiver._options(notice)


def test_an_alert_on_ntfy_has_a_button_with_a_signed_link_that_expires() -> None:
    words = house_with_key()
    action = options_of(words, Notice("k", NoticeKind.CRYING, "nursery", {"episode_id": "e1"}))["actions"]
    kind, label, url, *rest = action.split(",")
    assert (kind, label, rest) == ("http", "Coming", ["method=POST", "clear=true"])
    start, _, token = url.rpartition("/")
    assert start == "http://pi:8080/acknowledge"
    now = words.clock.wall_seconds()
    last = now + ACKNOWLEDGE_LINK_SECONDS - 1.0
    assert read_acknowledge_token(words.link_key.value, token, last) == AcknowledgeLink("nursery", "e1")
    with pytest.raises(LinkError):
        read_acknowledge_token(words.link_key.value, token, last + 1.0)


def test_there_is_no_button_where_nothing_can_be_acknowledged() -> None:
    crying = Notice("k", NoticeKind.CRYING, "nursery", {"episode_id": "e1"})
    for words, notice in (
        (house_with_key(journal_url=""), crying),
        (HouseWords(clock=ManualClock(), journal_url="http://pi:8080"), crying),
        (house_with_key(), Notice("k", NoticeKind.CRYING_ENDED, "nursery", {"episode_id": "e1"})),
        (house_with_key(), Notice("k", NoticeKind.NOT_LISTENING)),
        (house_with_key(), Notice("k", NoticeKind.CRYING, "nursery", {"episode_id": "e1", BRINGS: "sound"})),
    ):
        assert "actions" not in options_of(words, notice)
    assert "actions" not in options_of(house_with_key(), crying, PUSHOVER)
    assert "actions" in options_of(house_with_key(), Notice("k", NoticeKind.NOT_LISTENING, "nursery"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_of_the_button_fits_into_a_header(language: str) -> None:
    assert acknowledge_word(language).isascii()
    assert acknowledge_word(language).isalpha()
