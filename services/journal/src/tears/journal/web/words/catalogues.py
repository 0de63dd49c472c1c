"""The languages of the pages, and their message catalogues."""

import functools
import gettext
import io
from importlib import resources
from typing import Final

ENGLISH: Final = "en"
PAGE_LANGUAGES: Final = (ENGLISH, "de")


@functools.cache
def load_catalogue(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English, whose words stand in the code, needs none.

    Raises:
        FileNotFoundError: There is no catalogue for the language.
    """
    if language == ENGLISH:
        return gettext.NullTranslations()
    # A house that reads English need not spend the memory.
    import polib  # noqa: PLC0415 - see above

    text = resources.files(__package__).joinpath("translations", f"{language}.po").read_text(encoding="utf-8")
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(text).to_binary()))


def language_of(accept_language: str) -> str:
    """Return the language of the pages that a browser likes best, from its `Accept-Language` header."""
    wishes: list[tuple[float, str]] = []
    for wish in accept_language.split(","):
        name, _, quality = wish.partition(";q=")
        language = name.strip().partition("-")[0].lower()
        try:
            wishes.append((float(quality or 1), language))
        except ValueError:
            continue
    # Sorting is stable, so of two equal wishes the first one counts.
    for strength, language in sorted(wishes, key=lambda one: -one[0]):
        if strength > 0 and language in PAGE_LANGUAGES:
            return language
    return ENGLISH
