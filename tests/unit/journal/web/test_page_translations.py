"""The German catalogue of the pages against the sentences in their templates, code and errors."""

import re
import string
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract_from_dir
from support.places import ROOT

from tears.journal.web import words
from tears.journal.web.words.catalogues import ENGLISH, PAGE_LANGUAGES

JOURNAL = ROOT / "services/journal/src/tears/journal"
CATALOGUES = Path(words.__file__).parent / "translations"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def keywords() -> dict[str, tuple[int, ...] | None]:
    """Return the functions and errors whose first argument is a sentence, as `make translations` names them."""
    makefile = (ROOT / "Makefile").read_text()
    functions = re.findall(r"--keyword=([a-z_]+)(:1,2)?", makefile)
    errors = re.search(r"--keyword=%Error,([A-Za-z ]+)\)", makefile)
    assert errors
    found: dict[str, tuple[int, ...] | None] = {name: (1, 2) if plural else None for name, plural in functions}
    found |= {f"{name}Error": None for name in errors[1].split()}
    return {**found, "_": None, "ngettext": (1, 2)}


def sentences() -> set[str]:
    """Return every English sentence; of two forms, both."""
    found = extract_from_dir(JOURNAL, method_map=METHODS, keywords=keywords())
    return {one for _, _, text, _, _ in found for one in (text if isinstance(text, tuple) else (text,))}


def catalogue(language: str) -> dict[str, str]:
    """Return the translations of each sentence; of two forms, each to its own."""
    found: dict[str, str] = {}
    for entry in polib.pofile(str(CATALOGUES / f"{language}.po")):
        assert not entry.fuzzy, entry.msgid
        found[entry.msgid] = entry.msgstr
        if entry.msgid_plural:
            found |= {entry.msgid: entry.msgstr_plural[0], entry.msgid_plural: entry.msgstr_plural[1]}
    return found


def places(text: str) -> set[str]:
    """Return the names in a text's `{places}`."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    assert {path.stem for path in CATALOGUES.glob("*.po")} == set(PAGE_LANGUAGES) - {ENGLISH}


@pytest.mark.parametrize("language", sorted(set(PAGE_LANGUAGES) - {ENGLISH}))
def test_a_catalogue_translates_every_sentence_and_keeps_its_places(language: str) -> None:
    translated = catalogue(language)
    assert set(translated) == sentences(), "run `make translations`, and translate what is new"
    for text, translation in translated.items():
        assert translation, f"{text} is not translated"
        assert places(translation) == places(text), text


@pytest.mark.parametrize("language", sorted(set(PAGE_LANGUAGES) - {ENGLISH}))
def test_a_catalogue_has_a_name_for_each_month_and_each_day(language: str) -> None:
    names = {len(one.split()): one for one in catalogue(language) if one.startswith(("January", "Monday"))}
    for count, english in names.items():
        assert len(set(catalogue(language)[english].split())) == count
    assert set(names) == {7, 12}
