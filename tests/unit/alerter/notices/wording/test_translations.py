"""The message catalogues against the sentences in the code."""

import string
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract_from_dir

from tears.alerter.notices import wording
from tears.alerter.notices.wording import DEFAULT_LANGUAGE, LANGUAGES

FOLDER = Path(wording.__file__).parent
TRANSLATIONS = FOLDER / "translations"
KEYWORDS = {"say": None, "say_number": (1, 2)}


def sentences() -> set[str]:
    """Return every English sentence in the code; of two forms, both."""
    found = extract_from_dir(FOLDER, keywords=KEYWORDS)
    return {one for _, _, text, _, _ in found for one in (text if isinstance(text, tuple) else (text,))}


def catalogue(language: str) -> dict[str, str]:
    """Return the translations of each sentence; of two forms, each to its own."""
    found: dict[str, str] = {}
    for entry in polib.pofile(str(TRANSLATIONS / f"{language}.po")):
        assert not entry.fuzzy, entry.msgid
        found[entry.msgid] = entry.msgstr
        if entry.msgid_plural:
            found |= {entry.msgid: entry.msgstr_plural[0], entry.msgid_plural: entry.msgstr_plural[1]}
    return found


def places(text: str) -> set[str]:
    """Return the names in a text's `{places}`."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    assert {path.stem for path in TRANSLATIONS.glob("*.po")} == set(LANGUAGES) - {DEFAULT_LANGUAGE}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {DEFAULT_LANGUAGE}))
def test_a_catalogue_translates_every_sentence_and_keeps_its_places(language: str) -> None:
    translated = catalogue(language)
    assert set(translated) == sentences(), "run `make translations`, and translate what is new"
    for text, translation in translated.items():
        assert translation, f"{text} is not translated"
        assert places(translation) == places(text), text


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {DEFAULT_LANGUAGE}))
def test_a_catalogue_has_a_name_for_each_month(language: str) -> None:
    months = next(one for one in catalogue(language) if one.startswith("January"))
    assert len(set(catalogue(language)[months].split())) == 12
