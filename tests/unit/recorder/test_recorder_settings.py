"""The settings that the recorder accepts."""

import pytest

from tears.kit.errors import SettingsError
from tears.kit.registry.mic_names import is_folder_name, room_of_mic
from tears.kit.settings import load_settings
from tears.recorder.settings import RecorderSettings

GOOD = {"TEARS_RECORDER_INPUT": "night.wav"}


def test_no_other_setting_is_needed_besides_the_input() -> None:
    settings = load_settings(RecorderSettings, GOOD)

    assert (settings.mic, settings.input, settings.pace, settings.probe_port) == (
        "nursery",
        "night.wav",
        "realtime",
        9101,
    )
    assert (settings.stream_chunks, settings.look_back_chunks) == (120, 10)


def test_without_any_setting_it_listens_to_the_default_microphone() -> None:
    settings = load_settings(RecorderSettings, {})

    assert (settings.input, settings.device, settings.rate_hz, settings.channels) == ("", "default", "auto", 1)


def test_a_microphone_is_asked_for_by_name_rate_and_channels() -> None:
    named = {"TEARS_RECORDER_DEVICE": "USB", "TEARS_RECORDER_RATE_HZ": "16000", "TEARS_RECORDER_CHANNELS": "2"}

    settings = load_settings(RecorderSettings, named)

    assert (settings.device, settings.rate_hz, settings.channels) == ("USB", 16_000, 2)


def test_a_microphone_cannot_be_played_fast() -> None:
    with pytest.raises(SettingsError, match="TEARS_RECORDER_PACE is fast, but only a recording can be"):
        load_settings(RecorderSettings, {"TEARS_RECORDER_PACE": "fast"})


@pytest.mark.parametrize("url", ["rtsp://cam/1", "RTSPS://cam/1", "http://cam/a.wav", "https://u:p@cam/a"])
def test_a_url_is_a_live_stream_which_cannot_be_played_fast(url: str) -> None:
    assert load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": url}).is_live
    with pytest.raises(SettingsError, match="only a recording can be played fast"):
        load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": url, "TEARS_RECORDER_PACE": "fast"})


def test_other_urls_are_refused_without_their_password() -> None:
    with pytest.raises(SettingsError, match="begins with ftp://, but must be the path") as caught:
        load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": "ftp://user:hush@cam/1"})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"rtsp://u:p@cam/1"', "rtsp://u:p@cam/1"),
        (" rtsp://cam/1\r", "rtsp://cam/1"),
        ("'a night: part 1.wav'", "a night: part 1.wav"),
    ],
)
def test_quotes_and_white_space_around_the_input_are_left_out(text: str, meant: str) -> None:
    assert load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": text}).input == meant


@pytest.mark.parametrize(
    "text",
    [
        "rtsp:/admin:hush@cam/1",
        "rtsp:admin:hush@cam/1",
        "rtsp;//admin:hush@cam/1",
        "ffmpeg:rtsp://admin:hush@cam/1",
        "admin:hush@cam:554/1",
        "rtsp://admin:hush hush@cam/1",
        "rtsp://admin:hush@",
        '"rtsp://admin:hush@cam/1',
    ],
)
def test_what_is_almost_a_url_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(SettingsError, match="TEARS_RECORDER_INPUT") as caught:
        load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": text})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("rtsp://admin:hu#sh@10.0.0.9:554/1", "%23"),
        ("rtsp://admin:123#sh@cam/1", "%23"),
        ("rtsp://cam/1?password=hu#sh", "%23"),
        ("rtsp://admin:hu/sh@cam/1", "%2F"),
        ("rtsp://admin:123/sh@10.0.0.9/1", "%2F"),
        ("http://admin:hu?sh@cam/1", "%3F"),
    ],
)
def test_a_sign_that_cuts_a_url_short_is_told_with_its_cure(text: str, cure: str) -> None:
    with pytest.raises(
        SettingsError, match=f"TEARS_RECORDER_INPUT is a URL with a . that .*; write {cure} where"
    ) as caught:
        load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": text})
    assert "sh@" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:hu%23sh@10.0.0.9/1",
        "rtsp://admin:p@ss@cam/1?subtype=0",
        "rtsp://10.0.0.9:554/cam@home",
        "rtsp://[fd00::9]:554/a@b",
        "http://cam/a?user=parent&mail=me@example.org",
        "rtsp://admin:50%@cam/1",
    ],
)
def test_a_url_that_a_decoder_reads_as_it_is_meant_is_taken(text: str) -> None:
    assert load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": text}).input == text


@pytest.mark.parametrize("mic", ["nursery", "Room-2", "a_b.c", "7", "x" * 255])
def test_a_name_is_made_of_letters_digits_dots_dashes_and_underscores(mic: str) -> None:
    assert load_settings(RecorderSettings, {**GOOD, "TEARS_RECORDER_MIC": mic}).mic == mic


@pytest.mark.parametrize("name", ["two words", "Küche oben", "a:b", "ä"])
def test_a_room_may_have_any_name_and_its_microphone_has_a_plain_one(name: str) -> None:
    settings = load_settings(RecorderSettings, {**GOOD, "TEARS_RECORDER_MIC": name})
    assert settings.mic == name
    assert is_folder_name(settings.mic_name)
    assert room_of_mic(settings.mic_name) == name


@pytest.mark.parametrize("mic", ["a\nb", "a\x1bb", "x" * 256, "ä" * 50, "nursery.dead", "_selftest"])
def test_other_names_are_refused(mic: str) -> None:
    with pytest.raises(SettingsError, match="TEARS_RECORDER_MIC is"):
        load_settings(RecorderSettings, {**GOOD, "TEARS_RECORDER_MIC": mic})


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PACE", "slow"), ("CHUNK_SECONDS", "0"), ("SPOOL_SECONDS", "-1"), ("LEASE_SECONDS", "soon"), ("LAG_CHUNKS", "0")],
)
def test_a_value_out_of_range_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"TEARS_RECORDER_{variable} is '{value}', but must be"):
        load_settings(RecorderSettings, {**GOOD, f"TEARS_RECORDER_{variable}": value})


def test_a_fast_recording_may_not_run_so_far_ahead_that_unread_chunks_are_trimmed() -> None:
    ahead = {**GOOD, "TEARS_RECORDER_LAG_CHUNKS": "108"}

    with pytest.raises(SettingsError, match="set it to 121 or more, or lower the lag"):
        load_settings(RecorderSettings, {**ahead, "TEARS_RECORDER_PACE": "fast"})
    load_settings(RecorderSettings, {**ahead, "TEARS_RECORDER_PACE": "fast", "TEARS_RECORDER_STREAM_SECONDS": "121"})
    load_settings(RecorderSettings, ahead)


def test_a_session_is_named_only_for_a_recording_that_is_played_fast() -> None:
    fast = {"TEARS_RECORDER_INPUT": "night.wav", "TEARS_RECORDER_PACE": "fast", "TEARS_RECORDER_SESSION": "replay"}
    assert load_settings(RecorderSettings, fast).session == "replay"
    with pytest.raises(SettingsError, match="TEARS_RECORDER_SESSION is set"):
        load_settings(RecorderSettings, {"TEARS_RECORDER_SESSION": "replay"})
