"""Hide passwords in text that is printed."""

import re

_NAME = r"(?:pass(?:word|wd|phrase|code)?|pwd|psw|pw|pas|token|secret|key|auth|credentials?|signature)"
# Words that are written before such a name without anything between: `apikey=`, `loginpas=`.
_FIRST_WORD = r"(?:api|access|app|admin|bearer|bot|client|login|private|session|stream|usr|user|web)?"

# What our own messages write where a password belongs.
_PLACEHOLDER = "(?:USER)?:?PASSWORD@"

# In `user:password@host`, up to the last @, because a password may hold any character, and also where a slash of `://`
# is missing. Cameras take passwords under many names, in the query or in the path. Without an @, what follows a host
# and is not a port is a password in the wrong place.
_URL_PASSWORD = re.compile(
    rf"""(:/{{0,2}}+)(?!{_PLACEHOLDER})\S*(?=@)
    | ((?<![A-Za-z0-9]){_FIRST_WORD}{_NAME}=)[^&\s]*
    | (["']{_NAME}["']:\s*["'])[^"']*
    | (\b(?:Basic|Bearer)\s+)[\w+/=.~-]{{8,}}
    | (://[^/@\s:\[\]]+:)(?!{_PLACEHOLDER}|\d{{1,5}}(?:[/?\#\s"',;)]|$))[^/@\s]+""",
    re.IGNORECASE | re.VERBOSE,
)
# A value that is nothing but a URL or an address; white space is a part of it.
_VALUE_PASSWORD = re.compile(r"^(\W*[A-Za-z][A-Za-z0-9+.-]*:/{0,2})?.*(?=@)", re.DOTALL)


def without_passwords(text: str) -> str:
    """Return the text with stars in place of everything that looks like a password in a URL."""
    return _URL_PASSWORD.sub(lambda found: f"{next(filter(None, found.groups()), '')}***", text)


def value_without_passwords(value: str) -> str:
    """Return the value of a setting with stars in place of passwords, also of those that hold white space."""
    return without_passwords(_VALUE_PASSWORD.sub(lambda found: f"{found[1] or ''}***", value))
