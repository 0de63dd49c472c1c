"""Hide passwords in text that is printed."""

import re

_NAME = r"(?:pass(?:word|wd|phrase|code)?|pwd|psw|pw|pas|token|secret|key|auth|credentials?|signature)"
# Words that are written before such a name without anything between: `apikey=`, `loginpas=`.
_FIRST_WORD = r"(?:api|access|app|admin|bearer|bot|client|login|private|session|stream|usr|user|web)?"

# What our own messages write where a password belongs.
_PLACEHOLDER = "(?:USER)?:?PASSWORD@"

_NOT_WHITE_SPACE = re.compile(r"\S+")
# In `user:password@host`, up to the last @, because a password may hold any character, and also where a slash of `://`
# is missing. It is looked for in two steps: one expression for both would read the rest of a text at each colon.
_LOGIN = re.compile(rf":/{{0,2}}+(?!{_PLACEHOLDER})", re.IGNORECASE)
# Cameras take passwords under many names, in the query or in the path. Without an @, what follows a host and is not a
# port is a password in the wrong place.
_URL_PASSWORD = re.compile(
    rf"""((?<![A-Za-z0-9]){_FIRST_WORD}{_NAME}=)[^&\s]*
    | (["']{_NAME}["']:\s*["'])[^"']*
    | (\b(?:Basic|Bearer)\s+)[\w+/=.~-]{{8,}}
    | (://[^/@\s:\[\]]+:)(?!{_PLACEHOLDER}|\d{{1,5}}(?:[/?\#\s"',;)]|$))[^/@\s]+""",
    re.IGNORECASE | re.VERBOSE,
)
# A value that is nothing but a URL or an address; white space is a part of it.
_VALUE_PASSWORD = re.compile(r"^(\W*[A-Za-z][A-Za-z0-9+.-]*:/{0,2})?.*(?=@)", re.DOTALL)


def without_passwords(text: str) -> str:
    """Return the text with stars in place of everything that looks like a password in a URL."""
    hidden = _NOT_WHITE_SPACE.sub(lambda found: _without_login(found[0]), text)
    return _URL_PASSWORD.sub(lambda found: f"{next(filter(None, found.groups()), '')}***", hidden)


def _without_login(word: str) -> str:
    """Return a text without white space with stars between its first colon and its last @."""
    at = word.rfind("@")
    colon = _LOGIN.search(word, 0, at + 1)
    return f"{word[: colon.end()]}***{word[at:]}" if colon and colon.end() <= at else word


def value_without_passwords(value: str) -> str:
    """Return the value of a setting with stars in place of passwords, also of those that hold white space."""
    return without_passwords(_VALUE_PASSWORD.sub(lambda found: f"{found[1] or ''}***", value))
