import logging
from typing import Annotated, ClassVar, Literal

import msgspec
import pytest
from msgspec import Meta

from tears.kit.errors import SettingsError
from tears.kit.secrets_in_text import without_passwords
from tears.kit.setting_fields import SECRET
from tears.kit.settings import ServiceSettings, describe_settings, load_settings, redacted

SHOWN_NOWHERE = "hush"


class LampSettings(ServiceSettings, frozen=True, kw_only=True):
    prefix: ClassVar[str] = "LAMP"

    hop_seconds: Annotated[float, Meta(gt=0, lt=5.5, description="How long a hop is.")] = 1.0
    unbounded: float = 0.0
    most_entries: Annotated[int, Meta(ge=1, le=10_000_000)] = 100
    gain_db: Annotated[
        Annotated[float, Meta(ge=0, le=45)] | Literal["auto"], Meta(description="Gain, or how to find it.")
    ] = "auto"
    version: int | None = None
    is_bright: bool = False
    colours: Annotated[tuple[str, ...], Meta(min_length=1)] = ("red", "green")
    ladder: tuple[Annotated[float, Meta(ge=0)], ...] = (0.5, 1.0)
    token: Annotated[str, Meta(max_length=8, extra={SECRET: True})] = ""


def test_what_is_not_set_has_its_default() -> None:
    settings = load_settings(LampSettings, {"TEARS_LAMP_HOP_SECONDS": ""})
    assert settings == LampSettings(host=settings.host)
    assert settings.host
    assert settings.consumer == f"{settings.host}-0"


def test_each_kind_of_value_is_parsed() -> None:
    settings = load_settings(
        LampSettings,
        {
            "TEARS_REDIS_URL": "unix:///run/redis.sock",
            "TEARS_HOST": "attic",
            "TEARS_SLOT": "3",
            "TEARS_LAMP_PROBE_PORT": "0",
            "TEARS_LAMP_HOP_SECONDS": "0.5",
            "TEARS_LAMP_GAIN_DB": "20",
            "TEARS_LAMP_VERSION": "7",
            "TEARS_LAMP_IS_BRIGHT": "true",
            "TEARS_LAMP_COLOURS": " blue\tgreen ",
            "TEARS_LAMP_LADDER": "1 2.5",
            "TEARS_LAMP_TOKEN": "hush",
        },
    )
    assert settings.consumer == "attic-3"
    assert (settings.hop_seconds, settings.gain_db, settings.version) == (0.5, 20.0, 7)
    assert (settings.is_bright, settings.colours, settings.ladder) == (True, ("blue", "green"), (1.0, 2.5))
    assert (settings.redis_url, settings.token) == ("unix:///run/redis.sock", "hush")


@pytest.mark.parametrize(
    ("variable", "text", "accepted"),
    [
        ("TEARS_REDIS_URL", "http://here", "a URL that begins with redis://, rediss:// or unix://"),
        ("TEARS_LOG_LEVEL", "info", "DEBUG or ERROR or INFO or WARNING"),
        ("TEARS_SLOT", "-1", "a whole number from 0 to 999"),
        ("TEARS_SLOT", "1.5", "a whole number from 0 to 999"),
        ("TEARS_LAMP_PROBE_PORT", "65536", "a whole number from 0 to 65535"),
        ("TEARS_LAMP_HOP_SECONDS", "soon", "a number above 0 below 5.5"),
        ("TEARS_LAMP_HOP_SECONDS", "0", "a number above 0 below 5.5"),
        ("TEARS_LAMP_HOP_SECONDS", "nan", "a number above 0 below 5.5"),
        ("TEARS_LAMP_UNBOUNDED", "nan", "a number"),
        ("TEARS_LAMP_UNBOUNDED", "-inf", "a number"),
        ("TEARS_LAMP_UNBOUNDED", "1e999", "a number"),
        ("TEARS_LAMP_MOST_ENTRIES", "0", "a whole number from 1 to 10000000"),
        ("TEARS_LAMP_GAIN_DB", "46", "a number from 0 to 45, or auto"),
        ("TEARS_LAMP_GAIN_DB", "AUTO", "a number from 0 to 45, or auto"),
        ("TEARS_LAMP_GAIN_DB", "nan", "a number from 0 to 45, or auto"),
        ("TEARS_LAMP_VERSION", "none", "a whole number"),
        ("TEARS_LAMP_IS_BRIGHT", "yes", "true or false"),
        (
            "TEARS_LAMP_COLOURS",
            " ",
            "a list, with white space between its items, each text with a number of items from 1",
        ),
        ("TEARS_LAMP_LADDER", "1 -2", "a list, with white space between its items, each a number from 0"),
        ("TEARS_LAMP_LADDER", "1 inf", "a list, with white space between its items, each a number from 0"),
    ],
)
def test_a_fault_names_the_variable_what_it_holds_and_what_is_accepted(variable: str, text: str, accepted: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(LampSettings, {variable: text})
    assert str(caught.value) == f"{variable} is {text!r}, but must be {accepted}"


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"TEARS_SLOT is .*; TEARS_LAMP_GAIN_DB is "):
        load_settings(LampSettings, {"TEARS_SLOT": "x", "TEARS_LAMP_GAIN_DB": "x"})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TEARS_LAMP_TOKEN", "hush-hush"),
        ("TEARS_REDIS_URL", "http://user:hush@h"),
        ("TEARS_REDIS_URL", "redis:/:hush@h"),
        ("TEARS_REDIS_URL", ":hush@h:6379"),
    ],
)
def test_a_fault_does_not_print_a_secret(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings(LampSettings, {variable: text})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:hush@h:1/0", "redis://***@h:1/0"),
        ("rediss://user:hu/s@h@h", "rediss://***@h"),
        ("unix:///run/redis.sock?db=1&password=hush&x=1", "unix:///run/redis.sock?db=1&password=***&x=1"),
    ],
)
def test_passwords_in_urls_of_redis_are_not_printed(url: str, shown: str) -> None:
    assert redacted(LampSettings(redis_url=url))["TEARS_REDIS_URL"] == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:hu@sh@10.0.0.9:554/stream1", "rtsp://***@10.0.0.9:554/stream1"),
        ("http://cam/audio.cgi?user=a&pwd=hush&rate=8", "http://cam/audio.cgi?user=a&pwd=***&rate=8"),
        ("rtsp://cam:554/user=admin_Password=hush_channel=1", "rtsp://cam:554/user=admin_Password=***"),
        ("recordings/monkey=loud.wav", "recordings/monkey=loud.wav"),
    ],
)
def test_passwords_in_urls_of_cameras_are_not_printed(url: str, shown: str) -> None:
    assert without_passwords(url) == shown


def test_secrets_are_not_printed_and_the_rest_is() -> None:
    shown = redacted(LampSettings(token=SHOWN_NOWHERE, host="attic", is_bright=True, ladder=(1.0, 2.0)))
    assert SHOWN_NOWHERE not in shown.values()
    assert shown["TEARS_LAMP_TOKEN"].strip("*") == ""
    assert redacted(LampSettings())["TEARS_LAMP_TOKEN"] == ""
    assert (shown["TEARS_HOST"], shown["TEARS_LAMP_IS_BRIGHT"]) == ("attic", "true")
    assert (shown["TEARS_LAMP_COLOURS"], shown["TEARS_LAMP_LADDER"]) == ("red green", "1.0 2.0")


def test_the_description_holds_every_field_once_and_nothing_of_this_machine() -> None:
    rows = {row.variable: row for row in describe_settings(LampSettings)}
    assert [row.field for row in rows.values()] == [info.name for info in msgspec.structs.fields(LampSettings)]
    assert rows["TEARS_HOST"].default == "the hostname"
    hop = rows["TEARS_LAMP_HOP_SECONDS"]
    assert (hop.accepts, hop.default, hop.description) == ("a number above 0 below 5.5", "1.0", "How long a hop is.")
    gain = rows["TEARS_LAMP_GAIN_DB"]
    assert (gain.accepts, gain.description) == ("a number from 0 to 45, or auto", "Gain, or how to find it.")


def test_a_typing_error_is_logged_and_unrelated_variables_are_not(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_settings(
            LampSettings, {"TEARS_LAMP_HOP_SECOND": "1", "TEARS_LAMP_SERVICE_PORT_HTTP": "80", "TEARS_BELL_X": "1"}
        )
    assert [record.getMessage() for record in caplog.records] == [
        "TEARS_LAMP_HOP_SECOND is not a setting; did you mean TEARS_LAMP_HOP_SECONDS?"
    ]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        LampSettings().slot = 1  # type: ignore[misc]
