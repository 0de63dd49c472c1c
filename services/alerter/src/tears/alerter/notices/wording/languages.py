"""The languages of the words, and their message catalogues.

A catalogue is a text file that any editor of translations can open. It is compiled in memory when its language is first
used, so none has to be compiled before.
"""

import functools
import gettext
import io
from importlib import resources
from typing import Literal, TypeAlias, get_args

Language: TypeAlias = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "en"


@functools.cache
def load_translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English, whose words stand in the code, needs none.

    Raises:
        FileNotFoundError: There is no catalogue for the language.
    """
    if language == DEFAULT_LANGUAGE:
        return gettext.NullTranslations()
    # An alerter that speaks English need not spend the memory.
    import polib  # noqa: PLC0415 - see above

    text = resources.files(__package__).joinpath("translations", f"{language}.po").read_text(encoding="utf-8")
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(text).to_binary()))
