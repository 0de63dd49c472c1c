from tears.alerter.home_assistant.messages.retained import MEASUREMENT_SECONDS, RetainedMessages


def send(retained: RetainedMessages, now_seconds: float = 0.0) -> list[tuple[str, bytes]]:
    """Send what is due, and return it."""
    due = retained.due(now_seconds)
    for topic, payload in due:
        retained.note_sent(topic, payload, now_seconds)
    return due


def test_only_what_has_changed_is_sent() -> None:
    retained = RetainedMessages()
    retained.want({"a": b"1", "b": b"1"}, {})
    assert send(retained) == [("a", b"1"), ("b", b"1")]
    retained.want({"a": b"1", "b": b"2"}, {})
    assert send(retained) == [("b", b"2")]
    assert send(retained) == []


def test_a_message_that_was_not_sent_is_replaced_by_the_newest() -> None:
    retained = RetainedMessages()
    for number in range(100):
        retained.want({"a": str(number).encode()}, {})
    assert send(retained) == [("a", b"99")]


def test_measurements_are_sent_seldom() -> None:
    retained = RetainedMessages()
    sent = []
    for second in range(60):
        retained.want({"state": b"quiet"}, {"level": str(second).encode()})
        sent += [payload for topic, payload in send(retained, float(second)) if topic == "level"]
    assert MEASUREMENT_SECONDS == 10.0
    assert sent == [b"0", b"10", b"20", b"30", b"40", b"50"]


def test_what_is_not_wanted_any_more_is_removed_once() -> None:
    retained = RetainedMessages()
    retained.want({"a": b"1", "b": b"1"}, {"c": b"1"})
    send(retained)
    retained.want({"a": b"1"}, {})
    assert sorted(send(retained)) == [("b", b""), ("c", b"")]
    assert send(retained) == []


def test_on_a_new_connection_everything_is_sent_again_also_measurements_and_removals() -> None:
    retained = RetainedMessages()
    retained.want({"a": b"1", "gone": b"1"}, {"level": b"-40"})
    send(retained)
    retained.want({"a": b"1"}, {"level": b"-40"})
    retained.forget_contents()
    assert sorted(send(retained)) == [("a", b"1"), ("gone", b""), ("level", b"-40")]


def test_what_somebody_else_wrote_is_corrected_unless_it_is_right() -> None:
    retained = RetainedMessages()
    retained.want({"status": b"online"}, {})
    send(retained)
    retained.note_foreign("status", b"online")
    assert send(retained) == []
    retained.note_foreign("status", b"offline")
    assert send(retained) == [("status", b"online")]


def test_one_topic_changes_while_the_others_stay_wanted() -> None:
    retained = RetainedMessages()
    retained.want({"a": b"1", "status": b"online"}, {})
    send(retained)
    retained.want_also({"status": b"offline"})
    assert send(retained) == [("status", b"offline")]
