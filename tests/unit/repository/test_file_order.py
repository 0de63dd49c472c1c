"""The list of the files of tests that take longest."""

from types import SimpleNamespace
from typing import Any

from support.file_order import longest_first, read_long_files
from support.places import TESTS


def test_every_long_file_exists_and_is_listed_once() -> None:
    listed = read_long_files()
    assert [path for path in listed if not path.is_file()] == []
    assert len(set(listed)) == len(listed) > 0


def test_the_tests_of_long_files_come_first_and_the_others_keep_their_order() -> None:
    short, long, longest = TESTS / "a.py", TESTS / "b.py", TESTS / "c.py"
    items: Any = [SimpleNamespace(path=path, number=number) for number, path in enumerate((short, long, longest, long))]
    items.append(SimpleNamespace(path=short, number=4))
    ordered: Any = longest_first(items, [longest, long])
    assert [item.number for item in ordered] == [2, 1, 3, 0, 4]
