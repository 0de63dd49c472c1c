"""Values with quotes that are not meant, and variables with slips in their names."""

import pytest

from tears.kit.variables.setting_text import (
    UnpairedQuoteError,
    is_empty_quotation,
    items_of,
    unknown_variables,
    unquoted,
)

KNOWN = ("TEARS_REDIS_URL", "TEARS_ALERTER_NOTIFY", "TEARS_RECORDER_MIC", "TEARS_RECORDER_DEVICE", "TEARS_SLOT")


@pytest.mark.parametrize(
    "text",
    [
        "ntfy://a/b",
        '"ntfy://a/b"',
        " 'ntfy://a/b'\r\n",
        "\ufeff\u201cntfy://a/b\u201d\u00a0",
        "\"'ntfy://a/b'\"",
        "\u201entfy://a/b\u201c",
    ],
)
def test_white_space_and_pairs_of_quotes_around_a_value_are_left_out(text: str) -> None:
    assert unquoted(text) == "ntfy://a/b"


@pytest.mark.parametrize("text", ["the boys' room", 'a 5" disk of', "it's", "x'"])
def test_quotes_inside_a_value_stay(text: str) -> None:
    assert unquoted(text) == text


@pytest.mark.parametrize("text", ['"ntfy://a/b', 'ntfy://a/b"', "'ntfy://a/b", '"'])
def test_a_quote_without_a_partner_is_refused(text: str) -> None:
    with pytest.raises(UnpairedQuoteError):
        unquoted(text)


@pytest.mark.parametrize("text", ["a b", '"a b"', '"a" "b"', "'a' b", ' "a"\t"b" \n'])
def test_quotes_may_be_around_a_list_or_around_its_items(text: str) -> None:
    assert items_of(text) == ["a", "b"]


def test_an_empty_quotation_stands_for_no_value() -> None:
    assert [is_empty_quotation(text) for text in ('""', " '' ", '" "', " ", "", '"x"', '"')] == [
        True,
        True,
        True,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("TEARS_ALERTR_NOTIFY", "TEARS_ALERTER_NOTIFY"),
        ("TEARS_NOTIFY", "TEARS_ALERTER_NOTIFY"),
        ("TEARS_ALERTER_NOTIFY_URL", "TEARS_ALERTER_NOTIFY"),
        ("TEAR_REDIS_URL", "TEARS_REDIS_URL"),
        ("tears_redis_url", "TEARS_REDIS_URL"),
        ("TEARSREDIS_URL", "TEARS_REDIS_URL"),
        ("TEARS_RECORDER_MICROPHONE", "TEARS_RECORDER_MIC"),
        ("TEARS_COLOUR_OF_THE_DOOR", ""),
    ],
)
def test_a_slip_is_found_with_the_most_similar_name(variable: str, near: str) -> None:
    assert list(unknown_variables({variable: "x", "TEARS_SLOT": "1"}, KNOWN)) == [(variable, near)]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TEARS_SLOT", "1"),
        ("TEARDROP", "1"),
        ("PATH", "/bin"),
        ("TEARS_REDIS_SERVICE_HOST", "10.0.0.1"),
        ("TEARS_REDIS_SERVICE_PORT_HTTP", "80"),
        ("TEARS_REDIS_PORT_6379_TCP_ADDR", "10.0.0.1"),
        ("TEARS_REDIS_PORT", "tcp://10.0.0.1:6379"),
    ],
)
def test_settings_other_programs_and_orchestrators_are_left_alone(variable: str, value: str) -> None:
    assert list(unknown_variables({variable: value}, KNOWN)) == []
