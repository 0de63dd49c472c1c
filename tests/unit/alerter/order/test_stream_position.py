from tears.alerter.order.stream_position import PositionCheck, StreamPosition, check_position
from tears.kit.streams.entries import StreamFacts

READ = StreamPosition("1000-5", 300)


def test_a_stream_that_only_grew_changes_nothing() -> None:
    facts = StreamFacts(first_id="900-0", last_id="2000-0", length=500, entries_added=800)
    assert check_position(READ, facts) == PositionCheck(READ)


def test_a_stream_that_is_gone_is_read_from_its_beginning() -> None:
    assert check_position(READ, StreamFacts()) == PositionCheck(StreamPosition(), is_stream_lost=True)


def test_a_stream_that_never_existed_is_not_lost() -> None:
    assert check_position(StreamPosition(), StreamFacts()) == PositionCheck(StreamPosition())


def test_a_stream_whose_last_id_is_before_the_position_is_another_one() -> None:
    facts = StreamFacts(first_id="10-0", last_id="999-0", length=400, entries_added=400)
    assert check_position(READ, facts) == PositionCheck(StreamPosition(), is_stream_lost=True)


def test_a_stream_with_too_few_entries_is_another_one_even_if_its_ids_are_later() -> None:
    facts = StreamFacts(first_id="10-0", last_id="5000-0", length=20, entries_added=20)
    assert check_position(READ, facts) == PositionCheck(StreamPosition(), is_stream_lost=True)


def test_entries_trimmed_after_the_position_are_counted() -> None:
    facts = StreamFacts(first_id="1500-0", last_id="2000-0", length=100, entries_added=420)
    assert check_position(READ, facts) == PositionCheck(StreamPosition("1000-5", 320), trimmed_unread=20)


def test_entries_trimmed_before_the_position_are_not_counted() -> None:
    facts = StreamFacts(first_id="1000-6", last_id="2000-0", length=100, entries_added=400)
    assert check_position(READ, facts) == PositionCheck(READ)


def test_entries_added_and_trimmed_between_two_checks_are_counted() -> None:
    facts = StreamFacts(first_id="900-0", last_id="1000-5", length=50, entries_added=307)
    assert check_position(READ, facts) == PositionCheck(StreamPosition("1000-5", 307), trimmed_unread=7)


def test_the_entries_of_a_stream_that_was_trimmed_to_nothing_are_counted() -> None:
    facts = StreamFacts(first_id=None, last_id="2000-0", length=0, entries_added=400)
    assert check_position(READ, facts) == PositionCheck(StreamPosition("1000-5", 400), trimmed_unread=100)


def test_entries_that_a_restored_older_copy_lacks_do_not_count_as_unread() -> None:
    facts = StreamFacts(first_id="500-0", last_id="900-0", length=100, entries_added=250)
    found = check_position(READ, facts)
    assert found == PositionCheck(StreamPosition("0-0", 150), is_stream_lost=True)
    assert check_position(found.position, facts) == PositionCheck(found.position)
