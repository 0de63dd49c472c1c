"""Names of labels, and names that are probably misspelt."""

import pytest

from tears.own_data.errors import LabelError
from tears.own_data.labels.label_names import check_name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cry", "crying"), ("crieing", "crying"), ("Crying", "crying"), ("QUIET", "quiet"),
        ("cryng", "crying"), ("rying", "crying"), ("cryingg", "crying"), ("creying", "crying"), ("craying", "crying"),
        ("criyng", "crying"), ("rcying", "crying"), ("cryign", "crying"), ("Cyring", "crying"), ("crzing", "crying"),
        ("quite", "quiet"), ("queit", "quiet"), ("quiett", "quiet"), ("silense", "silence"), ("slience", "silence"),
        ("nois", "noise"), ("noice", "noise"), ("nosie", "noise"), ("othr", "other"),
    ],
)  # fmt: skip
def test_a_name_that_looks_like_a_misspelt_label_is_refused_with_that_label(name: str, meant: str) -> None:
    with pytest.raises(LabelError, match=f"did you mean '{meant}'"):
        check_name(name)


@pytest.mark.parametrize("name", ["_silence_", "", ".", "a/b", "a\tb", "x" * 51, "9lives"])
def test_a_name_that_no_folder_should_have_is_refused(name: str) -> None:
    with pytest.raises(LabelError, match="cannot be a label"):
        check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "crying", "quiet", "silence", "noise", "other", "dog", "washing_machine", "tv-2",
        "mother", "Mother", "brother", "bother", "another", "trying", "drying", "frying", "prying",
        "carrying", "crowing", "crawling", "ring", "voices",
    ],
)  # fmt: skip
def test_other_words_may_be_labels(name: str) -> None:
    check_name(name)
