"""The words that a parent reads: a notice, a language and the time in, words out. No I/O."""

from tears.alerter.notices.wording.words import DEFAULT_LANGUAGE, Words, words_of

__all__ = ["DEFAULT_LANGUAGE", "Words", "words_of"]
