from __future__ import annotations

from tears.alerter.order.stream_position import Place, StreamFacts, Verdict, check, order_of

READ = Place("1000-5", 300)


def test_a_stream_that_goes_on_behind_the_place_changes_nothing() -> None:
    facts = StreamFacts(first_id="900-0", last_id="2000-0", length=500, entries_added=800)
    assert check(READ, facts) == Verdict(READ)


def test_a_stream_that_is_gone_is_read_from_its_beginning_when_it_comes_back() -> None:
    assert check(READ, StreamFacts()) == Verdict(Place(), lost=True)


def test_a_stream_that_never_was_is_not_lost() -> None:
    assert check(Place(), StreamFacts()) == Verdict(Place())


def test_a_stream_whose_last_id_lies_before_the_place_is_another_one() -> None:
    facts = StreamFacts(first_id="10-0", last_id="999-0", length=400, entries_added=400)
    assert check(READ, facts) == Verdict(Place(), lost=True)


def test_a_stream_that_is_too_young_is_another_one_though_its_ids_go_on() -> None:
    facts = StreamFacts(first_id="10-0", last_id="5000-0", length=20, entries_added=20)
    assert check(READ, facts) == Verdict(Place(), lost=True)


def test_entries_trimmed_behind_the_place_are_counted() -> None:
    facts = StreamFacts(first_id="1500-0", last_id="2000-0", length=100, entries_added=420)
    assert check(READ, facts) == Verdict(Place("1000-5", 320), trimmed_unread=20)


def test_entries_trimmed_before_the_place_are_not() -> None:
    facts = StreamFacts(first_id="1000-6", last_id="2000-0", length=100, entries_added=400)
    assert check(READ, facts) == Verdict(READ)


def test_entries_that_were_trimmed_between_two_looks_show_at_the_end_of_the_stream() -> None:
    facts = StreamFacts(first_id="900-0", last_id="1000-5", length=50, entries_added=307)
    assert check(READ, facts) == Verdict(Place("1000-5", 307), trimmed_unread=7)


def test_a_stream_that_was_trimmed_to_nothing_is_counted() -> None:
    facts = StreamFacts(first_id=None, last_id="2000-0", length=0, entries_added=400)
    assert check(READ, facts) == Verdict(Place("1000-5", 400), trimmed_unread=100)


def test_what_an_older_copy_lacks_is_no_loss() -> None:
    facts = StreamFacts(first_id="500-0", last_id="900-0", length=100, entries_added=250)
    verdict = check(READ, facts)
    assert verdict == Verdict(Place("0-0", 150), lost=True)
    assert check(verdict.place, facts) == Verdict(verdict.place)


def test_ids_compare_by_number() -> None:
    assert order_of("999-10") < order_of("1000-2") < order_of("1000-10")
