"""The words that a parent reads: a notice, a language and the time in, words out.

The English words stand in the code. The other languages are message catalogues of gettext, in `translations/`.
"""

from tears.alerter.notices.wording.languages import DEFAULT_LANGUAGE, LANGUAGES, Language
from tears.alerter.notices.wording.words import Words, words_of

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Language", "Words", "words_of"]
