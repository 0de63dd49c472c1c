"""The message catalogues against the sentences in the code."""

from pathlib import Path

import pytest
from support.catalogues import SHARED, assert_names, assert_translated, sentences_in

from tears.alerter.notices import wording
from tears.alerter.notices.wording import DEFAULT_LANGUAGE, LANGUAGES

FOLDER = Path(wording.__file__).parent
TRANSLATIONS = FOLDER / "translations"
KEYWORDS = {"say": None, "say_number": (1, 2)}
TRANSLATED = sorted(set(LANGUAGES) - {DEFAULT_LANGUAGE})


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    assert sorted(path.stem for path in TRANSLATIONS.glob("*.po")) == TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_translates_every_sentence_and_keeps_its_places(language: str) -> None:
    assert_translated(TRANSLATIONS / f"{language}.po", sentences_in([FOLDER, SHARED], KEYWORDS))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_a_name_for_each_month(language: str) -> None:
    assert_names(TRANSLATIONS / f"{language}.po", {12})
