"""What a form has brought is kept for a while, for the browser that has sent it."""

from tears.journal.web.pages.form_results import RESULT_KEPT_SECONDS, FormResults
from tears.kit.clock import ManualClock


def test_a_result_is_there_again_when_its_page_is_loaded_again() -> None:
    results = FormResults(ManualClock())
    key = results.keep("mine", "a token")
    assert [results.find("mine", key) for _ in range(2)] == ["a token", "a token"]
    assert results.find("another's", key) is None
    assert results.find("mine", "") is None


def test_a_result_is_forgotten_after_ten_minutes() -> None:
    clock = ManualClock()
    results = FormResults(clock)
    key = results.keep("mine", "a token")
    clock.advance(RESULT_KEPT_SECONDS - 1)
    assert results.find("mine", key) == "a token"
    clock.advance(1)
    assert results.find("mine", key) is None


def test_of_many_results_the_newest_stay() -> None:
    results = FormResults(ManualClock())
    keys = [results.keep("mine", number) for number in range(150)]
    assert [results.find("mine", key) for key in (keys[0], keys[-100], keys[-1])] == [None, 50, 149]
