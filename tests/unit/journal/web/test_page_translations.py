"""The German catalogue of the pages against the sentences in their templates, code and errors."""

import re
from pathlib import Path

import pytest
from support.catalogues import SHARED, assert_names, assert_translated, sentences_in
from support.places import ROOT

from tears.journal.web import words
from tears.journal.web.words.catalogues import ENGLISH, PAGE_LANGUAGES

JOURNAL = ROOT / "services/journal/src/tears/journal"
CATALOGUES = Path(words.__file__).parent / "translations"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
TRANSLATED = sorted(set(PAGE_LANGUAGES) - {ENGLISH})


def keywords() -> dict[str, tuple[int, ...] | None]:
    """Return the functions and errors whose first argument is a sentence, as `make translations` names them."""
    makefile = (ROOT / "Makefile").read_text()
    functions = re.findall(r"--keyword=([a-z_]+)(:1,2)?", makefile)
    errors = re.search(r"--keyword=%Error,([A-Za-z ]+)\)", makefile)
    assert errors
    found: dict[str, tuple[int, ...] | None] = {name: (1, 2) if plural else None for name, plural in functions}
    found |= {f"{name}Error": None for name in errors[1].split()}
    return {**found, "_": None, "ngettext": (1, 2)}


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    assert sorted(path.stem for path in CATALOGUES.glob("*.po")) == TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_translates_every_sentence_and_keeps_its_places(language: str) -> None:
    assert_translated(CATALOGUES / f"{language}.po", sentences_in([JOURNAL, SHARED], keywords(), METHODS))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_a_name_for_each_month_and_each_day(language: str) -> None:
    assert_names(CATALOGUES / f"{language}.po", {7, 12})
